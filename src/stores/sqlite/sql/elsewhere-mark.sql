-- Puts a job among those of its queue, task and version that are to run elsewhere.
-- 1 seq int, 2 lane_id of those int, 3 process to avoid text
update legwork_ticket set avoids = ?3, lane_id = ?2 where seq = ?1
