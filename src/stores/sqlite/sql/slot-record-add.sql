-- Keeps what became of a slot.
-- 1 schedule_id int, 2 at_ms int, 3 until_ms int|null, 4 n int, 5 outcome text, 6 reason text|null, 7 note text|null,
-- 8 job text|null, 9 decided_at_ms int
insert into legwork_slot_record (schedule_id, at_ms, until_ms, n, outcome, reason, note, job, decided_at_ms)
values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
