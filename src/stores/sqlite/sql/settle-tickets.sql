-- Deletes the tickets of the jobs whose attempts were just ended.
-- 1 id of the attempt before the first of them int
delete from legwork_ticket where seq in (select seq from legwork_attempt where id > ?1)
