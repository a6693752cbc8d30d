-- The tallies of every queue, and whether it is paused.
select q.id, q.name, q.paused_reason, q.paused_by, q.paused_at_ms, c.state, c.n
from legwork_queue q left join legwork_tally c on c.queue_id = q.id
