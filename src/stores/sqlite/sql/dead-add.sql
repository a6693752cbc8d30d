-- Numbers a death.
-- 1 seq int, 2 failure_id int, 3 died_at_ms int
insert into legwork_dead (seq, failure_id, died_at_ms) values (?1, ?2, ?3)
