-- The log of a job, by attempt and line.
-- 1 seq int
select attempt, at_ms, level, message, data from legwork_log where seq = ?1 order by attempt, n
