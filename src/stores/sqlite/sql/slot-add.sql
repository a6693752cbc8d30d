-- Notes which slot a job is for.
-- 1 seq int, 2 schedule_id int, 3 at_ms int, 4 from_ms int, 5 is_backfill int, 6 standing int
insert into legwork_slot (seq, schedule_id, at_ms, from_ms, is_backfill, standing) values (?1, ?2, ?3, ?4, ?5, ?6)
