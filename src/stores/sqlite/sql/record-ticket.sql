-- Keeps progress and the size of the log with a running attempt.
-- 1 seq int, 2 progress json|null, 3 log_lines int|null, 4 log_bytes int|null
update legwork_ticket set progress = ?2, log_lines = ?3, log_bytes = ?4 where seq = ?1
