-- Deletes the rows of removed jobs.
-- 1 seqs json list
delete from legwork_unique where seq in (select value from json_each(?1))
