-- Notes the attempt of a running job, once.
create or replace function end_attempt(t ticket, p_outcome int, p_digest text, p_reason text, p_error text, p_now bigint)
returns void language plpgsql as $$
#variable_conflict use_column
begin
  insert into attempt (seq, fence, attempt, holder_id, outcome, started_at_ms, ended_at_ms, digest, reason, error, progress)
  values (t.seq, t.fence, t.attempt, t.holder_id, p_outcome, coalesce(t.started_at_ms, p_now), p_now, p_digest, nullif(p_reason, ''),
    p_error, t.progress);
  insert into tally_change (queue_id, state, n) values (t.queue_id, 21, 1);
end $$
