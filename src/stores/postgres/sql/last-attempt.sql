-- The attempt that completed a job, of which its row of the history tells.
create or replace function last_attempt(h history) returns attempt language sql immutable as $$
  select row(h.ending, h.seq, h.started_at_ms, h.finished_at_ms, h.fence, h.attempt, h.holder_id, 0, coalesce(h.digest, plain_digest()), null, null, null, h.progress)::attempt
$$
