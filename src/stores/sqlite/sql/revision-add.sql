-- Keeps the payload that a job has, before it is changed.
-- 1 seq int, 2 at_ms int, 3 by text, 4 reason text|null
insert into legwork_revision (seq, n, at_ms, by, reason, version, payload)
select ?1, 1 + (select count(*) from legwork_revision where seq = ?1), ?2, ?3, ?4, version, payload
from legwork_job where seq = ?1
