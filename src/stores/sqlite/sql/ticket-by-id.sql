-- The ticket of a job by its id; a null state means that the job is final. No row: no such job.
-- 1 id text
select j.seq as job_seq, j.id, j.retain, j.priority, t.seq, t.state, t.queue_id, t.available_at_ms, t.fence, t.attempt, t.failures, t.losses, t.snoozes,
  t.releases, t.holder_id, t.expires_at_ms, t.started_at_ms, t.cancel_reason, t.progress, t.log_lines, t.log_bytes
from legwork_job j left join legwork_ticket t on t.seq = j.seq
where j.id = ?1
