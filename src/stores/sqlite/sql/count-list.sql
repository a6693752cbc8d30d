-- The tallies of every queue, whether it is paused, and its limits.
select q.id, q.name, q.paused_reason, q.paused_by, q.paused_at_ms,
  q.limited, q.declared_digest, q.declared_deployed_ms, q.max_waiting, q.rate_max, q.rate_every_ms, c.state, c.n
from legwork_queue q left join legwork_tally c on c.queue_id = q.id
