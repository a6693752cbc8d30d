-- The tickets of jobs by their ids, as json rows in that order. A null state: the job is final. A null id: no such job.
-- 1 ids json list
select json_group_array(json_array(
  j.id, j.retain, j.priority, j.seq, t.state, t.queue_id, t.available_at_ms, t.fence, t.attempt, t.failures, t.losses,
  t.snoozes, t.releases, t.holder_id, t.expires_at_ms, t.started_at_ms, t.cancel_reason, t.progress, t.log_lines, t.log_bytes,
  t.unique_states
)) as json
from json_each(?1) s
left join legwork_job j on j.id = s.value
left join legwork_ticket t on t.seq = j.seq
