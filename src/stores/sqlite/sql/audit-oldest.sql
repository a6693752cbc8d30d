-- The oldest entries of the audit log.
-- 1 limit int
select id as n, at_ms as at from legwork_audit order by id limit ?1
