-- Limits what a queue takes from producers, or lifts the limits; without a rate nobody asks which jobs came.
-- 1 id int, 2 limited int, 3 max_waiting int|null, 4 rate_max int|null, 5 rate_every_ms int|null
update legwork_queue set limited = ?2, max_waiting = ?3, rate_max = ?4, rate_every_ms = ?5,
  came = case when ?4 is null then null else came end
where id = ?1
