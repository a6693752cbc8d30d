-- How many jobs of each queue the attempts that were just ended belong to, and how many of them have a unique key.
-- 1 id of the attempt before the first of them int
select t.queue_id, count(*) as n, count(t.unique_states) as keys
from legwork_attempt a cross join legwork_ticket t on t.seq = a.seq
where a.id > ?1
group by t.queue_id
