-- How many jobs of a schedule may run at once, said by the firing after which one waits.
-- 1 id int, 2 max_running int|null
update legwork_schedule set max_running = ?2 where id = ?1
