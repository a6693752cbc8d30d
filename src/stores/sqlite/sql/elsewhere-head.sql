-- The head of a lane of jobs that are to run elsewhere, as lane-head.sql gives it: those that the asker's process may take.
-- 1 lane_id int, 2 limit int, 3 rows to look at int, 4 now int, 5 process of the asker text, 6 due by then: anyone may int
select json_group_array(json_array(sort_key, seq)) as json
from (
  select sort_key, seq
  from (
    select sort_key, seq, expires_at_ms, available_at_ms, avoids from legwork_ticket indexed by legwork_ticket_ready
    where state = 3 and lane_id = ?1
    order by sort_key, seq
    limit ?3
  )
  where (expires_at_ms is null or expires_at_ms > ?4)
    and (available_at_ms <= ?6 or avoids <> ?5)
  limit ?2
)
