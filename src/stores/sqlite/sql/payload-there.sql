-- A row when there is such a job.
-- 1 id text
select seq from legwork_job where id = ?1
