-- Gives a job its key back.
-- 1 seq int
update legwork_unique set held = 1 where seq = ?1
