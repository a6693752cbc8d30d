-- Everything about one job but its attempts.
-- 1 id text
select j.seq, j.id, k.name as task, q.name as queue, coalesce(t.state, h.state) as state, j.version, j.priority, j.max_attempts,
  j.created_at_ms, j.tags, j.payload,
  coalesce(t.available_at_ms, h.available_at_ms) as available_at_ms, t.expires_at_ms, h.finished_at_ms,
  coalesce(t.fence, h.fence) as fence, coalesce(t.attempt, h.attempt) as attempt,
  coalesce(t.failures, h.failures) as failures, coalesce(t.losses, h.losses) as losses,
  coalesce(t.snoozes, h.snoozes) as snoozes, coalesce(t.releases, h.releases) as releases,
  r.worker, t.started_at_ms, t.cancel_reason, t.progress, t.suspect, t.avoids, h.reason, h.result, c.value as checkpoint
from legwork_job j
cross join legwork_task k on k.id = j.task_id
cross join legwork_queue q on q.id = j.queue_id
left join legwork_ticket t on t.seq = j.seq
left join legwork_history h on h.seq = j.seq
left join legwork_checkpoint c on c.seq = j.seq
left join legwork_runner r on r.id = t.holder_id
where j.id = ?1
