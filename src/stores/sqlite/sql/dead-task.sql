-- The tasks of jobs that have just died.
-- 1 seqs json list
select seq, task_id from legwork_job where seq in (select value from json_each(?1))
