-- Gives a waiting job another place in the line.
-- 1 seq int, 2 state int, 3 lane_id int, 4 sort_key int, 5 available_at_ms int, 6 expires_at_ms int|null,
-- 7 deadline_at_ms int|null
update legwork_ticket set state = ?2, lane_id = ?3, sort_key = ?4, available_at_ms = ?5, expires_at_ms = ?6,
  deadline_at_ms = ?7, avoids = null
where seq = ?1
