-- Bulk operations that are not over, oldest first.
select record from legwork_bulk indexed by legwork_bulk_open where is_open = 1 order by n limit 100
