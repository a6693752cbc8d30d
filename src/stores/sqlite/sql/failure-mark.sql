-- Writes what a person thinks of a group.
-- 1 id int, 2 status int
update legwork_failure set status = ?2, regressed_at_ms = null where id = ?1
