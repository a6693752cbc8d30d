-- 1 when the time of a finished job is over.
-- 1 now int
select exists (
  select 1 from legwork_history indexed by legwork_history_expiring
  where expires_at_ms is not null and expires_at_ms <= ?1
) as due
