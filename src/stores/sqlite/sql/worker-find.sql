-- Who a worker is and how long its lease holds; the lease is null when it is not registered now.
-- 1 worker text
select r.id, w.lease_ends_mono_ms, w.boot
from legwork_runner r left join legwork_worker w on w.holder_id = r.id
where r.worker = ?1
