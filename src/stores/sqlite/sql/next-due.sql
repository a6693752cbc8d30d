-- When the next scheduled job is due (a wall time), and when the first lease of another worker ends (monotonic).
-- 1 holder_id of the asker int, 2 boot text
select
  (select available_at_ms from legwork_ticket indexed by legwork_ticket_scheduled where state = 1
    order by available_at_ms limit 1) as job_at_ms,
  (select min(case when boot = ?2 then lease_ends_mono_ms else 0 end) from legwork_worker
    where holder_id <> ?1) as lease_mono_ms
