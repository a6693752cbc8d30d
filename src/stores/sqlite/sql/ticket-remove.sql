-- Takes a job out of the line.
-- 1 seq int
delete from legwork_ticket where seq = ?1
