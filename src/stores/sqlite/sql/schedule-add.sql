-- Makes a schedule.
-- 1 name text, 2 cursor_at_ms int, 3 next_at_ms int|null, 4 body json
insert into legwork_schedule (name, revision, cursor_at_ms, next_at_ms, body) values (?1, 1, ?2, ?3, ?4)
returning id
