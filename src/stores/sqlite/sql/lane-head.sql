-- The head of a lane, in order, as json rows of sort key and seq. Expired jobs are passed over, a bounded number of them.
-- 1 lane_id int, 2 limit int, 3 rows to look at int, 4 now int
select json_group_array(json_array(sort_key, seq)) as json
from (
  select sort_key, seq
  from (
    select sort_key, seq, expires_at_ms from legwork_ticket indexed by legwork_ticket_ready
    where state = 3 and lane_id = ?1
    order by sort_key, seq
    limit ?3
  )
  where expires_at_ms is null or expires_at_ms > ?4
  limit ?2
)
