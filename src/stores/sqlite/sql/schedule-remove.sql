-- Forgets a schedule.
-- 1 id int
delete from legwork_schedule where id = ?1
