-- Hands ready jobs to a worker: fence and attempt rise, the ttl falls away.
-- 1 holder_id int, 2 call int, 3 now int, 4 seqs json list
update legwork_ticket
set state = 5, fence = fence + 1, attempt = attempt + 1, expires_at_ms = deadline_at_ms,
  holder_id = ?1, call = ?2, started_at_ms = ?3, progress = null, log_lines = null, log_bytes = null
where seq in (select value from json_each(?4))
