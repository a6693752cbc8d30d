-- Writes the body of a job.
-- 1 seq int, 2 id text, 3 task_id int, 4 queue_id int, 5 version int, 6 priority int, 7 max_attempts int, 8 created_at_ms int,
-- 9 ttl_ms int|null, 10 deadline_ms int|null, 11 retain json|null, 12 tags json|null, 13 payload json
insert into legwork_job (seq, id, task_id, queue_id, version, priority, max_attempts, created_at_ms, ttl_ms, deadline_ms,
  retain, tags, payload)
values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)
