-- Schedules by name, after a name; only some names where these are given.
-- 1 after text, 2 limit int, 3 names json list|null
select * from legwork_schedule
where name > ?1 and (?3 is null or name in (select value from json_each(?3)))
order by name
limit ?2
