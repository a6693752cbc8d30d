-- Puts a job in line for the first time.
-- 1 seq int, 2 state int, 3 queue_id int, 4 lane_id int, 5 sort_key int, 6 available_at_ms int, 7 expires_at_ms int|null,
-- 8 deadline_at_ms int|null
insert into legwork_ticket (seq, state, queue_id, lane_id, sort_key, available_at_ms, expires_at_ms, deadline_at_ms)
values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
