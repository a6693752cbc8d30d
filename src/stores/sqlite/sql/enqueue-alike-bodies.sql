-- Writes the bodies of jobs that differ in id and payload alone; one whose id is taken is left out.
-- 1 json list of [id, payload, place], 2 seq before the first place int, 3 task_id int, 4 queue_id int, 5 version int, 6 priority int,
-- 7 max_attempts int, 8 created_at_ms int, 9 ttl_ms int|null, 10 deadline_ms int|null, 11 retain json|null
insert into legwork_job (seq, id, task_id, queue_id, version, priority, max_attempts, created_at_ms, ttl_ms, deadline_ms,
  retain, payload)
select ?2 + (s.value ->> 2), s.value ->> 0, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, s.value ->> 1
from jsonb_each(?1) s
where true
on conflict (id) do nothing
