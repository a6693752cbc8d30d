-- The number of a lane, made where it has none yet.
-- 1 queue_id int, 2 task_id int, 3 version int
insert into legwork_lane (queue_id, task_id, version) values (?1, ?2, ?3)
on conflict (queue_id, task_id, version, kind) do update set version = version
returning id
