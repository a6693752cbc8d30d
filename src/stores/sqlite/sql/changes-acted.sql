-- What people did after one act, oldest first.
-- 1 after id int, 2 limit int
select id as n, at_ms, verb, target, by, reason from legwork_audit where id > ?1 order by id limit ?2
