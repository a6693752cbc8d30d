-- Registers a worker.
-- 1 holder_id int, 2 host text, 3 pid int, 4 version text, 5 queues json, 6 tasks json, 7 concurrency int, 8 now int,
-- 9 lease end, monotonic real, 10 boot text, 11 schedules json|null, 12 limits json|null, 13 tells begin 1|null
insert into legwork_worker (holder_id, host, pid, version, queues, tasks, concurrency, started_at_ms, beat_at_ms,
  lease_ends_mono_ms, boot, schedules, limits, tells_begin)
values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8, ?9, ?10, ?11, ?12, ?13)
