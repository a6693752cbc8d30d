-- The jobs that run, the longest first.
-- 1 limit int
select j.id, k.name as task, q.name as queue, t.attempt, r.worker, t.started_at_ms, t.progress
from legwork_ticket t indexed by legwork_ticket_running
cross join legwork_job j on j.seq = t.seq
cross join legwork_task k on k.id = j.task_id
cross join legwork_queue q on q.id = j.queue_id
cross join legwork_runner r on r.id = t.holder_id
where t.state = 5
order by t.started_at_ms, t.seq
limit ?1
