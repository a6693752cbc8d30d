-- Forgets the hours of a group that no trend shows any more.
-- 1 failure_id int, 2 hour int
delete from legwork_failure_hour where failure_id = ?1 and hour < ?2
