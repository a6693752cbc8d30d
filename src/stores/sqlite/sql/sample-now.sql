-- What the store holds now, by its counters.
select
  max(coalesce((select max(seq) from legwork_job), 0),
    coalesce((select cast(value as integer) from legwork_meta where key = 'newest'), 0)) as enqueued,
  (select coalesce(sum(n), 0) from legwork_tally where state < 7) as live,
  (select coalesce(sum(n), 0) from legwork_tally where state = 7) as completed,
  (select coalesce(sum(n), 0) from legwork_tally where state = 8) as dead,
  (select coalesce(sum(n), 0) from legwork_tally where state = 9) as cancelled
