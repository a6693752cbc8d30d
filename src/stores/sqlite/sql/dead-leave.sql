-- Forgets the deaths of jobs that came back, or are removed; answers the group of each.
-- 1 seqs json list
delete from legwork_dead where seq in (select value from json_each(?1)) returning failure_id
