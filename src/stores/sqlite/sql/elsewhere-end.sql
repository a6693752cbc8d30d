-- Jobs that were claimed need avoid nobody any more, and belong to the lane of all others.
-- 1 seqs json list
update legwork_ticket set avoids = null, lane_id = (
  select p.id from legwork_lane l
  join legwork_lane p on p.queue_id = l.queue_id and p.task_id = l.task_id and p.version = l.version and p.kind = 0
  where l.id = legwork_ticket.lane_id
)
where seq in (select value from json_each(?1)) and avoids is not null
