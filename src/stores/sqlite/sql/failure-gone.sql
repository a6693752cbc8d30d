-- Groups in which nobody is dead and has not died for long.
-- 1 last seen until int, 2 limit int
select id from legwork_failure indexed by legwork_failure_gone where dead = 0 and last_at_ms <= ?1 limit ?2
