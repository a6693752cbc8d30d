-- Numbers and dead jobs of the groups that fit.
-- 1 task_id int|null, 2 queue_id int|null, 3 fingerprint text|null
select id, dead from legwork_failure
where (?1 is null or task_id = ?1) and (?2 is null or queue_id = ?2) and (?3 is null or fingerprint = ?3)
