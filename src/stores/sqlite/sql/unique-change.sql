-- Gives a job another key, which it does not hold yet.
-- 1 seq int, 2 key text
update legwork_unique set key = ?2, held = 0 where seq = ?1
