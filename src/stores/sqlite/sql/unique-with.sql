-- What an edit makes of a job's key: whether it has the key `from`, and the other job that has the key that it would have.
-- 1 seq int, 2 from text, 3 to text
select me.until_ms, me.held, me.states, me.key = ?2 as changes, other.seq as other_seq, j.id as other_id,
  other.until_ms as other_until_ms, other.states as other_states, coalesce(t.state, h.state) as other_state,
  t.expires_at_ms as other_expires_at_ms
from legwork_unique me
left join legwork_unique other indexed by legwork_unique_held
  on other.key = case when me.key = ?2 then ?3 else me.key end and other.held = 1 and other.seq <> me.seq
left join legwork_job j on j.seq = other.seq
left join legwork_ticket t on t.seq = other.seq
left join legwork_history h on h.seq = other.seq
where me.seq = ?1
