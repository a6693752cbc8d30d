-- Workers whose lease ran out, or whose boot is over, the most overdue first.
-- 1 monotonic now real, 2 boot text, 3 limit int
select r.id, r.worker, w.boot <> ?2 as rebooted from legwork_worker w cross join legwork_runner r on r.id = w.holder_id
where w.lease_ends_mono_ms <= ?1 or w.boot <> ?2
order by w.lease_ends_mono_ms, r.worker
limit ?3
