-- When the ready job that waits longest became available, among the head of the queue.
-- 1 queue_id int, 2 rows to look at int
select min(available_at_ms) as at_ms from (
  select available_at_ms from legwork_ticket indexed by legwork_ticket_ready
  where state = 3 and queue_id = ?1 order by sort_key limit ?2
)
