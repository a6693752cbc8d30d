-- Bulk operations, newest first.
-- 1 limit int
select record from legwork_bulk order by n desc limit ?1
