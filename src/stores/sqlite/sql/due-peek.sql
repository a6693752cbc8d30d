-- 1 when time alone has changed something: a due job, an expired one, or a lease that ran out.
-- 1 now int, 2 monotonic now real, 3 boot text
select exists (select 1 from legwork_ticket indexed by legwork_ticket_scheduled where state = 1 and available_at_ms <= ?1)
  or exists (
    select 1 from legwork_ticket indexed by legwork_ticket_expiring
    where state not in (4, 5) and expires_at_ms is not null and expires_at_ms <= ?1
  )
  or exists (select 1 from legwork_worker where lease_ends_mono_ms <= ?2 or boot <> ?3) as due
