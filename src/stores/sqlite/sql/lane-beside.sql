-- The lane of another kind beside the lane of a job, made where there is none yet.
-- 1 seq int, 2 kind int
insert into legwork_lane (queue_id, task_id, version, kind)
select l.queue_id, l.task_id, l.version, ?2
from legwork_ticket t join legwork_lane l on l.id = t.lane_id
where t.seq = ?1
on conflict (queue_id, task_id, version, kind) do update set version = version
returning id
