-- The oldest lines of an attempt's log, as many as one call may have to drop.
-- 1 seq int, 2 attempt int, 3 limit int
select n, message, data from legwork_log where seq = ?1 and attempt = ?2 order by n limit ?3
