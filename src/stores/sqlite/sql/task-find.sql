-- A task's number.
-- 1 name text
select id from legwork_task where name = ?1
