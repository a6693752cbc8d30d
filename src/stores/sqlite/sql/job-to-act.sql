-- Where a job is, whatever its state, for a person's order.
-- 1 id text
select j.id, j.retain, j.priority, j.seq, j.queue_id, j.task_id, j.version, j.deadline_ms, coalesce(t.state, h.state) as state,
  t.available_at_ms, t.fence, t.attempt, t.failures, t.losses, t.snoozes, t.releases, t.holder_id, t.expires_at_ms,
  t.started_at_ms, t.cancel_reason, t.progress, t.log_lines, t.log_bytes,
  t.unique_states
from legwork_job j
left join legwork_ticket t on t.seq = j.seq
left join legwork_history h on h.seq = j.seq
where j.id = ?1
