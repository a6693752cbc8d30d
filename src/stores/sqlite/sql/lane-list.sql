-- The lanes of a queue, as json rows.
-- 1 queue_id int
select json_group_array(json_array(l.id, k.name, l.version, l.kind)) as json
from legwork_lane l cross join legwork_task k on k.id = l.task_id
where l.queue_id = ?1
