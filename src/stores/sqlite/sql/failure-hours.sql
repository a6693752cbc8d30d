-- Deaths by hour of some groups.
-- 1 failure ids json list, 2 from hour on int
select failure_id, hour, n from legwork_failure_hour
where failure_id in (select value from json_each(?1)) and hour >= ?2
