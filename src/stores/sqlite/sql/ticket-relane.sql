-- Puts a live job into the lane of its new version.
-- 1 seq int, 2 lane_id int
update legwork_ticket set lane_id = ?2 where seq = ?1
