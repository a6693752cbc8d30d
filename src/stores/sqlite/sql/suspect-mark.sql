-- Puts a job among the suspects of its queue, task and version.
-- 1 seq int, 2 lane_id of the suspects int
update legwork_ticket set suspect = 1, lane_id = ?2 where seq = ?1
