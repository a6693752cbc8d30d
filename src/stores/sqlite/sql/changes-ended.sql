-- Attempts that ended after one, oldest first.
-- 1 after id int, 2 limit int
select a.id as n, j.id, k.name as task, q.name as queue, coalesce(t.state, h.state) as state,
  a.attempt, a.fence, coalesce(r.worker, 'forgotten') as worker, coalesce(r.ran_on, 'forgotten') as ran_on, a.started_at_ms, a.ended_at_ms, a.outcome, a.error, a.reason, a.progress
from legwork_attempt a
cross join legwork_job j on j.seq = a.seq
cross join legwork_task k on k.id = j.task_id
cross join legwork_queue q on q.id = j.queue_id
left join legwork_runner r on r.id = a.holder_id
left join legwork_ticket t on t.seq = a.seq
left join legwork_history h on h.seq = a.seq
where a.id > ?1
order by a.id
limit ?2
