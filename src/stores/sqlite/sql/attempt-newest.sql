-- What a job that does not run still shows of its last attempt, and its last error.
-- 1 seq int
select a.started_at_ms, a.progress, (
  select e.error from legwork_attempt e
  where e.seq = ?1 and e.outcome <> 6 and (e.error is not null or e.outcome = 0)
  order by e.fence desc limit 1
) as error
from legwork_attempt a where a.seq = ?1 order by a.fence desc limit 1
