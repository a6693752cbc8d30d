-- Notes what code declares of a queue's limits, where the declaration before is the one that it was decided against.
-- 1 id int, 2 declared_digest text, 3 declared_deployed_ms int|null, 4 instead text|null
update legwork_queue set declared_digest = ?2, declared_deployed_ms = ?3
where id = ?1 and declared_digest is ?4
