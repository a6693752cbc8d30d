-- Waiting jobs whose ttl or deadline has passed.
-- 1 now int, 2 limit int
select j.id, j.retain, j.priority, t.seq, t.state, t.queue_id, t.available_at_ms, t.fence, t.attempt, t.failures, t.losses, t.snoozes,
  t.releases, t.holder_id, t.expires_at_ms, t.started_at_ms, t.cancel_reason, t.progress, t.log_lines, t.log_bytes,
  t.unique_states
from legwork_ticket t indexed by legwork_ticket_expiring
cross join legwork_job j on j.seq = t.seq
where t.state not in (4, 5) and t.expires_at_ms is not null and t.expires_at_ms <= ?1
order by t.expires_at_ms
limit ?2
