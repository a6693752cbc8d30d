-- Forgets what code declared of a queue's limits.
-- 1 id int
update legwork_queue set declared_digest = null, declared_deployed_ms = null where id = ?1
