-- The head of a queue, in order, as json rows. Expired jobs are passed over, a bounded number of them.
-- 1 queue_id int, 2 limit int, 3 rows to look at int, 4 now int
select json_group_array(json_array(
  seq, id, task, version, fence, attempt, failures, losses, max_attempts, created_at_ms, deadline_at_ms, payload
)) as json
from (
  select t.seq, j.id, k.name as task, j.version, t.fence, t.attempt, t.failures, t.losses, j.max_attempts,
    j.created_at_ms, t.deadline_at_ms, j.payload
  from (
    select seq, fence, attempt, failures, losses, expires_at_ms, deadline_at_ms
    from legwork_ticket indexed by legwork_ticket_ready
    where state = 3 and queue_id = ?1
    order by sort_key, seq
    limit ?3
  ) t
  cross join legwork_job j on j.seq = t.seq
  cross join legwork_task k on k.id = j.task_id
  where t.expires_at_ms is null or t.expires_at_ms > ?4
  limit ?2
)
