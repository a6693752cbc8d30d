-- A suspect that survived alone goes back to the lane of all others.
-- 1 seq int
update legwork_ticket set suspect = null, lane_id = (
  select p.id from legwork_lane l
  join legwork_lane p on p.queue_id = l.queue_id and p.task_id = l.task_id and p.version = l.version and p.kind = 0
  where l.id = legwork_ticket.lane_id
)
where seq = ?1 and suspect = 1
