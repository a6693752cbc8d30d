-- Counts deaths of a group in an hour.
-- 1 failure_id int, 2 hour int, 3 deaths int
insert into legwork_failure_hour (failure_id, hour, n) values (?1, ?2, ?3)
on conflict (failure_id, hour) do update set n = n + ?3
