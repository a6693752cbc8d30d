-- Puts a final job in line again, with the counters of its history except its failures and losses.
-- 1 seq int, 2 lane_id int, 3 available_at_ms int, 4 sort_key int, 5 deadline_at_ms int|null, 6 queue_id int
insert into legwork_ticket (seq, state, queue_id, lane_id, sort_key, available_at_ms, expires_at_ms, deadline_at_ms,
  fence, attempt, failures, losses, snoozes, releases, unique_states)
select seq, 3, ?6, ?2, ?4, ?3, ?5, ?5, fence, attempt, 0, 0, snoozes, releases,
  (select u.states from legwork_unique u where u.seq = ?1)
from legwork_history where seq = ?1
