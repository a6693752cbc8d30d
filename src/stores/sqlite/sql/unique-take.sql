-- Takes keys away from jobs.
-- 1 seqs json list
update legwork_unique set held = 0 where seq in (select value from json_each(?1))
