-- Counts the new jobs of a queue's present window.
-- 1 id int, 2 window_since_ms int, 3 window_used int
update legwork_queue set window_since_ms = ?2, window_used = ?3 where id = ?1
