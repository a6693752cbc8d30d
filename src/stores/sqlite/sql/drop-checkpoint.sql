-- Forgets how far jobs came.
-- 1 seqs json list
delete from legwork_checkpoint where seq in (select value from json_each(?1))
