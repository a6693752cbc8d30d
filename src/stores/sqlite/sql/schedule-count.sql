-- Adds to the number of jobs that a schedule has made.
-- 1 id int, 2 number int
update legwork_schedule set fired = fired + ?2 where id = ?1
