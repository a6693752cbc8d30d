-- What a worker is told of the jobs that it was just handed, in the order of their numbers, as json rows.
-- 1 seqs json list
select json_group_array(json_array(
  j.id, k.name, j.version, t.fence, t.attempt, t.failures, t.losses, j.max_attempts, j.created_at_ms, t.deadline_at_ms,
  j.payload, case when t.attempt > 1 then (select value from legwork_checkpoint where seq = t.seq) end,
  case when t.attempt > 1 then (
    select json_array(a.outcome, a.ended_at_ms, coalesce(r.worker, 'forgotten'), json(a.error), a.reason)
    from legwork_attempt a left join legwork_runner r on r.id = a.holder_id
    where a.seq = t.seq order by a.fence desc limit 1
  ) end,
  case when j.id like 'schedule:%' then (
    select json_array(o.at_ms, o.from_ms, o.is_backfill) from legwork_slot o where o.seq = j.seq
  ) end,
  j.on_crash
)) as json
from json_each(?1) s
cross join legwork_ticket t on t.seq = s.value
cross join legwork_job j on j.seq = t.seq
cross join legwork_task k on k.id = j.task_id
