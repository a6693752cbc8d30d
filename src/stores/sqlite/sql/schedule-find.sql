-- A schedule by its name.
-- 1 name text
select * from legwork_schedule where name = ?1
