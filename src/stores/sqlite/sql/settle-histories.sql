-- Writes the ends of the jobs whose attempts were just ended, one for each of the list.
-- 1 json list of [id, fence, digest, result|null], 2 id of the attempt before the first of them int, 3 now int,
-- 4 how long a completed job is kept by default int
insert into legwork_history (seq, state, queue_id, available_at_ms, finished_at_ms, expires_at_ms, fence, attempt,
  failures, losses, snoozes, releases, reason, result)
select t.seq, 7, t.queue_id, t.available_at_ms, ?3,
  ?3 + case when j.retain is null then ?4 else j.retain ->> 'completed' end,
  t.fence, t.attempt, t.failures, t.losses, t.snoozes, t.releases, null, s.value ->> 3
from jsonb_each(?1) s
cross join legwork_attempt a on a.id = ?2 + 1 + s.key
cross join legwork_ticket t on t.seq = a.seq
cross join legwork_job j on j.seq = a.seq
