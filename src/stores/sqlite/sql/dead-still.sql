-- Which of these deaths still stand.
-- 1 deaths json list
select id as death, seq from legwork_dead where id in (select value from json_each(?1))
