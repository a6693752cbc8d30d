-- Deletes the revisions of removed jobs.
-- 1 seqs json list
delete from legwork_revision where seq in (select value from json_each(?1))
