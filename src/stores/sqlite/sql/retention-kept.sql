-- How many jobs of one final state there are, of one queue or of all, and what those weigh that a policy looks at.
-- 1 state int, 2 queue_id int|null
select
  (select coalesce(sum(n), 0) from legwork_tally where state = ?1 and (?2 is null or queue_id = ?2)) as count,
  (select coalesce(sum(bytes), 0) from legwork_weight where state = ?1 and (?2 is null or queue_id = ?2)) as bytes
