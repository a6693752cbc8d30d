-- Makes a worker's lease longer.
-- 1 holder_id int, 2 now int, 3 lease end, monotonic real
update legwork_worker set beat_at_ms = ?2, lease_ends_mono_ms = ?3 where holder_id = ?1
