-- Gives a job another payload.
-- 1 seq int, 2 version int, 3 payload text
update legwork_job set version = ?2, payload = ?3 where seq = ?1
