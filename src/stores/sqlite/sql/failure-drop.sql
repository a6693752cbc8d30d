-- Forgets a group; its hours are dropped before.
-- 1 id int
delete from legwork_failure where id = ?1
