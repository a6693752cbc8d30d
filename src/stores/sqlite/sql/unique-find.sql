-- Who has these keys, or had them last, as json rows.
-- 1 keys json list
select json_group_array(json_array(
  u.key, u.until_ms, u.states, u.seq, j.id, k.name, coalesce(t.state, h.state), j.queue_id, j.created_at_ms, j.priority,
  coalesce(t.available_at_ms, h.available_at_ms), coalesce(t.attempt, h.attempt), t.suspect, t.expires_at_ms
)) as json
from json_each(?1) s
cross join legwork_unique u indexed by legwork_unique_held on u.key = s.value and u.held = 1
cross join legwork_job j on j.seq = u.seq
cross join legwork_task k on k.id = j.task_id
left join legwork_ticket t on t.seq = u.seq
left join legwork_history h on h.seq = u.seq
