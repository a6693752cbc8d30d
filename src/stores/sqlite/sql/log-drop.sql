-- Drops the lines of an attempt's log up to one.
-- 1 seq int, 2 attempt int, 3 n int
delete from legwork_log where seq = ?1 and attempt = ?2 and n <= ?3
