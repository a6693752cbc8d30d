-- Ends jobs of this holder that are simply done, and have neither key nor schedule; answers those that it ended. See settle-all.sql.
create or replace function settle_done(p_seqs bigint[], p_fences jsonb, p_results jsonb, d jsonb, p_holder int, p_now bigint) returns bigint[]
language plpgsql as $$
#variable_conflict use_column
declare v_gone bigint[]; v_digest text := d->>'d1'; v_digests jsonb := d->'d'; v_until bigint := keep_until(null, 7, p_now); v_own boolean := d ? 'k';
begin
  with gone as (
    -- `is true` keeps the planner from the partial index of running jobs, of which there may be many.
    delete from ticket
    where seq = any(p_seqs) and (state = 5) is true and (holder_id = p_holder) is true and fence = coalesce((p_fences->>seq::text)::int, 1)
      and unique_states is null and schedule_id is null
    returning seq, queue_id, available_at_ms, fence, attempt, failures, losses, snoozes, releases, started_at_ms, progress
  ), ended as (
    insert into attempt (seq, fence, attempt, holder_id, outcome, started_at_ms, ended_at_ms, digest, progress)
    select seq, fence, attempt, p_holder, 0, coalesce(started_at_ms, p_now), p_now, coalesce(v_digests->>seq::text, v_digest), progress from gone
  ), kept as (
    insert into history (seq, state, queue_id, available_at_ms, finished_at_ms, expires_at_ms, fence, attempt, failures, losses, snoozes, releases, result)
    select seq, 7, queue_id, available_at_ms, p_now,
      case when v_own then keep_until((select retain from job where seq = g.seq), 7, p_now) else v_until end,
      fence, attempt, failures, losses, snoozes, releases, p_results->>seq::text
    from gone g
  ), counted as (
    insert into tally_change (queue_id, state, n)
    select g.queue_id, v.s, v.f * g.n from (select queue_id, count(*) as n from gone group by 1) g
    cross join (values (5, -1), (7, 1), (21, 1)) as v(s, f)
  )
  select array_agg(seq) into v_gone from gone;
  return v_gone;
end $$
