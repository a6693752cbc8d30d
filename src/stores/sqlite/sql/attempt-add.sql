-- Writes how a lease ended.
-- 1 seq int, 2 fence int, 3 attempt int, 4 holder_id int, 5 outcome int, 6 started_at_ms int, 7 ended_at_ms int,
-- 8 digest text|null, 9 reason text|null, 10 fingerprint text|null, 11 error json|null, 12 progress json|null
insert into legwork_attempt (seq, fence, attempt, holder_id, outcome, started_at_ms, ended_at_ms,
  digest, reason, fingerprint, error, progress)
values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)
