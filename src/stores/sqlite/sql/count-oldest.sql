-- When the ready job that waits longest became available, among the heads of the queue's lanes.
-- 1 queue_id int, 2 rows of a lane to look at int
select min(oldest_ms) as at_ms from (
  select (
    select min(available_at_ms) from (
      select t.available_at_ms from legwork_ticket t indexed by legwork_ticket_ready
      where t.state = 3 and t.lane_id = l.id order by t.sort_key limit ?2
    )
  ) as oldest_ms
  from legwork_lane l where l.queue_id = ?1
)
