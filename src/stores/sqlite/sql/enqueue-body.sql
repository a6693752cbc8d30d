-- Writes the body of a job unless its id is known; no change means a duplicate.
-- 1 id text, 2 task_id int, 3 queue_id int, 4 version int, 5 priority int, 6 max_attempts int, 7 created_at_ms int,
-- 8 ttl_ms int|null, 9 deadline_ms int|null, 10 tags json|null, 11 retain json|null, 12 payload json
insert into legwork_job
  (id, task_id, queue_id, version, priority, max_attempts, created_at_ms, ttl_ms, deadline_ms, tags, retain, payload)
values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)
on conflict (id) do nothing
