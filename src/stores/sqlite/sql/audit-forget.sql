-- Forgets the audit log up to an entry.
-- 1 id int
delete from legwork_audit where id <= ?1
