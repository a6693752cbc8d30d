-- The ended attempts of a job, oldest first.
-- 1 seq int
select a.attempt, a.fence, coalesce(r.worker, 'forgotten') as worker,
  coalesce(r.ran_on, 'forgotten') as ran_on, a.started_at_ms, a.ended_at_ms, a.outcome, a.error, a.reason, a.progress
from legwork_attempt a left join legwork_runner r on r.id = a.holder_id
where a.seq = ?1
order by a.fence
