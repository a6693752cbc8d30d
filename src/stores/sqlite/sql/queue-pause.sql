-- Pauses or resumes a queue.
-- 1 id int, 2 reason text|null, 3 by text|null, 4 at int|null
update legwork_queue set paused_reason = ?2, paused_by = ?3, paused_at_ms = ?4 where id = ?1
