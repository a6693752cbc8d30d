-- Live workers of other processes than the asker's.
-- 1 process of the asker text, 2 monotonic now real, 3 boot text
select w.host, w.pid, w.queues, w.tasks, w.ending
from legwork_worker w cross join legwork_runner r on r.id = w.holder_id
where w.lease_ends_mono_ms > ?2 and w.boot = ?3
  and r.ran_on <> ?1
