-- A worker is gone.
-- 1 id int, 2 now int
update legwork_runner set gone_at_ms = ?2 where id = ?1
