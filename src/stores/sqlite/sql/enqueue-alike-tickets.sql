-- Puts jobs in line that differ in id and payload alone.
-- 1 json list of [id, payload, place], 2 seq before the first place int, 3 state int, 4 queue_id int, 5 lane_id int, 6 sort_key int,
-- 7 available_at_ms int, 8 expires_at_ms int|null, 9 deadline_at_ms int|null
insert into legwork_ticket (seq, state, queue_id, lane_id, sort_key, available_at_ms, expires_at_ms, deadline_at_ms)
select ?2 + (s.value ->> 2), ?3, ?4, ?5, ?6, ?7, ?8, ?9 from jsonb_each(?1) s
