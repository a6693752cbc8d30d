-- Puts a final job in line again, with the counters of its history except its failures.
-- 1 seq int, 2 available_at_ms int, 3 sort_key int, 4 deadline_at_ms int|null
insert into legwork_ticket (seq, state, queue_id, sort_key, available_at_ms, expires_at_ms, deadline_at_ms,
  fence, attempt, failures, losses, snoozes, releases)
select seq, 3, queue_id, ?3, ?2, ?4, ?4, fence, attempt, 0, losses, snoozes, releases
from legwork_history where seq = ?1
