-- Adds a line to the log of an attempt.
-- 1 seq int, 2 attempt int, 3 n int, 4 at_ms real, 5 level int, 6 message text, 7 data json|null
insert into legwork_log (seq, attempt, n, at_ms, level, message, data) values (?1, ?2, ?3, ?4, ?5, ?6, ?7)
