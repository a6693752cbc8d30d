-- Puts a job in line for the first time.
-- 1 seq int, 2 state int, 3 queue_id int, 4 sort_key int, 5 available_at_ms int, 6 expires_at_ms int|null,
-- 7 deadline_at_ms int|null
insert into legwork_ticket (seq, state, queue_id, sort_key, available_at_ms, expires_at_ms, deadline_at_ms)
values (?1, ?2, ?3, ?4, ?5, ?6, ?7)
