-- Deletes the rows of removed jobs.
-- 1 seqs json list
delete from legwork_history where seq in (select value from json_each(?1))
