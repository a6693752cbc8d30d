-- 1 when something that is no job has been kept for long enough, or there is too much of it.
-- 1 gone before int, 2 registrations kept int, 3 done before int, 4 acts kept int, 5 over before int
select exists (
    select 1 from legwork_runner indexed by legwork_runner_gone
    where gone_at_ms is not null and gone_at_ms <= ?1 and id < (select max(id) from legwork_runner)
  )
  or exists (
    select 1 from legwork_runner
    where id <= (select max(id) from legwork_runner) - ?2 and gone_at_ms is not null
  )
  or (select at_ms from legwork_audit order by id limit 1) <= ?3
  or (select max(id) from legwork_audit) - (select id from legwork_audit order by id limit 1) >= ?4
  or exists (
    select 1 from legwork_bulk indexed by legwork_bulk_over where over_at_ms is not null and over_at_ms <= ?5
  ) as due
