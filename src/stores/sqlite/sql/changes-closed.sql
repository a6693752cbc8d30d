-- Jobs that ended while they waited, after one, oldest first.
-- 1 after id int, 2 limit int
select c.id as n, c.job as id, k.name as task, q.name as queue, c.how, c.by, c.reason, c.at_ms
from legwork_closing c
cross join legwork_task k on k.id = c.task_id
cross join legwork_queue q on q.id = c.queue_id
where c.id > ?1
order by c.id
limit ?2
