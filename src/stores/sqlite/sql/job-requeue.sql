-- Moves a job to another queue.
-- 1 seq int, 2 queue_id int
update legwork_job set queue_id = ?2 where seq = ?1
