-- How the attempts before ended, as json rows: of jobs that were just claimed, and had some.
-- 1 ids json list
select json_group_array(json_array(j.id, a.outcome, a.ended_at_ms, coalesce(r.worker, 'forgotten'), json(a.error), a.reason)) as json
from json_each(?1) s
cross join legwork_job j on j.id = s.value
cross join legwork_attempt a on a.seq = j.seq
  and a.fence = (select max(b.fence) from legwork_attempt b where b.seq = j.seq)
left join legwork_runner r on r.id = a.holder_id
