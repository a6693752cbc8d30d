-- Sends a job back into the line: no holder, its counters as decided.
-- 1 seq int, 2 state int, 3 sort_key int, 4 available_at_ms int, 5 fence int, 6 failures int, 7 losses int, 8 snoozes int,
-- 9 releases int
update legwork_ticket
set state = ?2, sort_key = ?3, available_at_ms = ?4, fence = ?5, failures = ?6, losses = ?7, snoozes = ?8, releases = ?9,
  holder_id = null, call = null, cancel_reason = null, progress = null
where seq = ?1
