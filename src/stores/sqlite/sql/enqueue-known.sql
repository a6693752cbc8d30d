-- State and task of the job that holds an id.
-- 1 id text
select coalesce(t.state, h.state) as state, k.name as task
from legwork_job j
join legwork_task k on k.id = j.task_id
left join legwork_ticket t on t.seq = j.seq
left join legwork_history h on h.seq = j.seq
where j.id = ?1
