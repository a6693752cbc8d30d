-- The queues that have limits, and how full they are; 0 to 3 are the states that wait.
select q.name, q.id, q.max_waiting, q.rate_max, q.rate_every_ms, q.came, (
  select coalesce(sum(c.n), 0) from legwork_tally c where c.queue_id = q.id and c.state between 0 and 3
) as waiting
from legwork_queue q indexed by legwork_queue_limited
where q.limited = 1
