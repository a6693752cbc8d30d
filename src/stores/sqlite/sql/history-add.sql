-- Writes how a job ended.
-- 1 seq int, 2 state int, 3 queue_id int, 4 available_at_ms int, 5 finished_at_ms int, 6 expires_at_ms int|null, 7 fence int,
-- 8 attempt int, 9 failures int, 10 losses int, 11 snoozes int, 12 releases int, 13 reason text|null, 14 result json|null
insert into legwork_history (seq, state, queue_id, available_at_ms, finished_at_ms, expires_at_ms, fence, attempt,
  failures, losses, snoozes, releases, reason, result)
values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)
