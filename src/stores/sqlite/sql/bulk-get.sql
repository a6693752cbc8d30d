-- One bulk operation.
-- 1 id text
select record from legwork_bulk where id = ?1
