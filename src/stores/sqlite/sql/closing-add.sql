-- Remembers that a job ended while it waited.
-- 1 seq int, 2 at_ms int, 3 how int, 4 by text|null, 5 reason text|null
insert into legwork_closing (at_ms, job, task_id, queue_id, how, by, reason)
select ?2, id, task_id, queue_id, ?3, ?4, ?5 from legwork_job where seq = ?1
