-- The number of the newest entry of the audit log.
select coalesce(max(id), 0) as n from legwork_audit
