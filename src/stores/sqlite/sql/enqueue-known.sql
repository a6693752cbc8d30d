-- Which of these ids are taken: json rows of id, state and task.
-- 1 ids json list
select json_group_array(json_array(j.id, coalesce(t.state, h.state), k.name)) as json
from json_each(?1) s
cross join legwork_job j on j.id = s.value
cross join legwork_task k on k.id = j.task_id
left join legwork_ticket t on t.seq = j.seq
left join legwork_history h on h.seq = j.seq
