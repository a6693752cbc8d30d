-- Keeps jobs that were just completed at least as long as they hold their unique keys for a time (bit 7).
-- 1 id of the attempt before the first of them int
update legwork_history set expires_at_ms = max(expires_at_ms, (
  select coalesce(u.until_ms, legwork_history.expires_at_ms) from legwork_unique u where u.seq = legwork_history.seq
))
where expires_at_ms is not null and seq in (
  select t.seq from legwork_attempt a cross join legwork_ticket t on t.seq = a.seq
  where a.id > ?1 and t.unique_states is not null and t.unique_states >> 7 & 1 = 1
)
