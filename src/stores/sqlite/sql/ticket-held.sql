-- Jobs that a worker holds, oldest first.
-- 1 holder_id int, 2 limit int
select j.id, j.retain, j.priority, j.max_attempts, j.on_crash, t.suspect, t.begun_fence, t.seq, t.state, t.queue_id, t.available_at_ms, t.fence, t.attempt, t.failures, t.losses, t.snoozes,
  t.releases, t.holder_id, t.expires_at_ms, t.started_at_ms, t.cancel_reason, t.progress, t.log_lines, t.log_bytes,
  t.unique_states
from legwork_ticket t indexed by legwork_ticket_running
cross join legwork_job j on j.seq = t.seq
where t.state = 5 and t.holder_id = ?1
order by t.seq
limit ?2
