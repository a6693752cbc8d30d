-- How the last attempt of a job ended.
-- 1 seq int
select outcome from legwork_attempt where seq = ?1 order by fence desc limit 1
