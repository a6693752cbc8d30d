-- Jobs that came after one, oldest first.
-- 1 after seq int, 2 limit int
select j.seq as n, j.id, k.name as task, q.name as queue, coalesce(t.state, h.state) as state, j.created_at_ms as at_ms
from legwork_job j
cross join legwork_task k on k.id = j.task_id
cross join legwork_queue q on q.id = j.queue_id
left join legwork_ticket t on t.seq = j.seq
left join legwork_history h on h.seq = j.seq
where j.seq > ?1
order by j.seq
limit ?2
