-- Groups with their newest dead job, the one with the most dead first.
-- 1 task_id int|null, 2 queue_id int|null, 3 fingerprint text|null, 4 last seen from on int|null, 5 limit int
select f.id, t.name as task, q.name as queue, f.fingerprint, f.name, f.message, f.dead, f.total, f.first_at_ms, f.last_at_ms,
  f.status, f.regressed_at_ms, (
    select j.id from legwork_dead d indexed by legwork_dead_failure cross join legwork_job j on j.seq = d.seq
    where d.failure_id = f.id order by d.id desc limit 1
  ) as sample
from legwork_failure f
cross join legwork_task t on t.id = f.task_id
cross join legwork_queue q on q.id = f.queue_id
where (?1 is null or f.task_id = ?1) and (?2 is null or f.queue_id = ?2) and (?3 is null or f.fingerprint = ?3)
  and (?4 is null or f.last_at_ms >= ?4)
order by f.dead desc, f.last_at_ms desc, t.name, q.name, f.fingerprint
limit ?5
