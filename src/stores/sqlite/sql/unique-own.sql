-- A job's key, and the other job that has it or had it last.
-- 1 seq int
select me.until_ms, me.held, other.seq as other_seq, j.id as other_id, other.until_ms as other_until_ms,
  other.states as other_states, coalesce(t.state, h.state) as other_state, t.expires_at_ms as other_expires_at_ms
from legwork_unique me
left join legwork_unique other indexed by legwork_unique_held
  on other.key = me.key and other.held = 1 and other.seq <> me.seq
left join legwork_job j on j.seq = other.seq
left join legwork_ticket t on t.seq = other.seq
left join legwork_history h on h.seq = other.seq
where me.seq = ?1
