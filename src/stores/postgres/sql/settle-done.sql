-- Ends jobs of this holder that are simply done, and have neither key nor schedule; answers those that it ended. See settle-all.sql.
create or replace function settle_done(p_seqs bigint[], p_fences jsonb, p_results jsonb, d jsonb, p_holder int, p_now bigint) returns bigint[]
language plpgsql as $$
#variable_conflict use_column
declare
  v_gone bigint[]; v_digest text := nullif(d->>'d1', plain_digest()); v_digests jsonb := d->'d'; v_until bigint := keep_until(null, 7, p_now); v_own boolean := d ? 'k';
  -- All at once, so that they follow each other.
  v_ids bigint[] := array(select nextval('attempt_id_seq') from generate_series(1, cardinality(p_seqs)));
begin
  with gone as (
    -- `is true` keeps the planner from the partial index of running jobs, of which there may be many.
    delete from ticket
    where seq = any(p_seqs) and (state = 5) is true and (holder_id = p_holder) is true and fence = case when p_fences is null then 1 else coalesce((p_fences->>seq::text)::int, 1) end
      and unique_states is null and schedule_id is null
    returning seq, queue_id, available_at_ms, fence, attempt, failures, losses, snoozes, releases, started_at_ms, progress
  ), kept as (
    insert into history (seq, state, queue_id, available_at_ms, finished_at_ms, fence, attempt, failures, losses, snoozes, releases, result,
      ending, holder_id, started_at_ms, progress, digest, expires_at_ms, is_apart)
    select seq, 7, queue_id, available_at_ms, p_now, fence, attempt, failures, losses, snoozes, releases, case when p_results is not null then p_results->>seq::text end,
      v_ids[row_number() over ()], p_holder, coalesce(started_at_ms, p_now), progress, case when v_digests is null then v_digest else coalesce(v_digests->>seq::text, v_digest) end,
      case when retain is not null then keep_until(retain, 7, p_now) end, case when retain is not null then true end
    from (select *, case when v_own then (select retain from job where seq = g.seq) end as retain from gone g) g
    returning seq, ending
  ), told as (
    insert into endings (last_id, expires_at_ms, seqs)
    -- In rows that are kept as they are: what is longer would be compressed, which costs more than it saves.
    select max(ending), v_until, array_agg(seq order by ending)
    from (select seq, ending, ending - row_number() over (order by ending) as run from kept) k group by run, ending / 200
  ), counted as (
    insert into tally_change (queue_id, state, n)
    select g.queue_id, v.s, v.f * g.n from (select queue_id, count(*) as n from gone group by 1) g
    cross join (values (5, -1), (7, 1), (21, 1)) as v(s, f)
  )
  select array_agg(seq) into v_gone from gone;
  return v_gone;
end $$
