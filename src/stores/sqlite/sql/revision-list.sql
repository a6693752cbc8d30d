-- What the payload of a job was before each change, oldest first.
-- 1 seq int
select n, at_ms, by, reason, version, payload from legwork_revision where seq = ?1 order by n
