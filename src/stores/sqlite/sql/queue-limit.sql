-- Limits what a queue takes from producers, or lifts the limits; the window begins anew.
-- 1 id int, 2 limited int, 3 max_waiting int|null, 4 rate_max int|null, 5 rate_every_ms int|null
update legwork_queue set limited = ?2, max_waiting = ?3, rate_max = ?4, rate_every_ms = ?5,
  window_since_ms = 0, window_used = 0
where id = ?1
