-- Writes endings that are already decided; whoever no longer holds a job changes nothing. Done rows are [id, fence, digest, result, place]:
-- jobs that are simply done, written at once. Answers 1 where all were applied, or one code a place: 1 applied 2 conflict 3 stale 4 gone.
create or replace function settle_all(a jsonb, p_holder int, p_held boolean, p_now bigint) returns jsonb language plpgsql as $$
#variable_conflict use_column
declare
  v_n int := (a->>'n')::int;
  v_places int[] := '{}';
  v_rest jsonb := coalesce(a->'rest', '[]');
  v_codes int[]; v_gone bigint[];
  v_policy jsonb := (select at::jsonb from place where walk = 'retention');
  r jsonb;
begin
  if p_held and a ? 'done' then
    with gone as materialized (
      -- Each row by its key, for a join may be planned from the other side while the table is small, and that plan is kept.
      -- `is true` keeps the planner from the partial index of running jobs, of which there may be many.
      select t.*, j.retain, r->>2 as digest, r->>3 as result, (r->>4)::int as place
      from jsonb_array_elements(a->'done') as r
      cross join lateral (select seq, retain from job where id = r->>0 limit 1) j
      cross join lateral (
        select seq, queue_id, available_at_ms, fence, attempt, failures, losses, snoozes, releases, started_at_ms, progress
        from ticket
        where seq = j.seq and (state = 5) is true and (holder_id = p_holder) is true and fence = (r->>1)::int
          and unique_states is null and schedule_id is null
        for update limit 1) t
    ), left_line as (
      delete from ticket where seq = any(array(select seq from gone))
    ), ended as (
      insert into attempt (seq, fence, attempt, holder_id, outcome, started_at_ms, ended_at_ms, digest, progress)
      select seq, fence, attempt, p_holder, 0, coalesce(started_at_ms, p_now), p_now, digest, progress from gone
    ), kept as (
      insert into history (seq, state, queue_id, available_at_ms, finished_at_ms, expires_at_ms, fence, attempt, failures, losses,
        snoozes, releases, result)
      select seq, 7, queue_id, available_at_ms, p_now, keep_until(retain, 7, p_now), fence, attempt, failures, losses, snoozes, releases, result
      from gone
    ), counted as (
      insert into tally_change (queue_id, state, n)
      select g.queue_id, v.s, v.f * g.n from (select queue_id, count(*) as n from gone group by 1) g
      cross join (values (5, -1), (7, 1), (21, 1)) as v(s, f)
    )
    select coalesce(array_agg(place), '{}'), array_agg(seq) into v_places, v_gone from gone;
    if v_policy is not null and v_gone is not null then perform weigh(v_gone, v_policy->'policy', (v_policy->>'asksBytes')::boolean); end if;
  end if;
  if cardinality(v_places) = v_n then return to_jsonb(1); end if;
  v_codes := array_fill(0, array[v_n]);
  if cardinality(v_places) < coalesce(jsonb_array_length(a->'done'), 0) then
    select v_rest || coalesce(jsonb_agg(jsonb_build_object('p', r->4, 'id', r->0, 'f', r->1, 'd', r->2, 'res', r->3, 'm', 0, 'to', 7)), '[]')
    into v_rest from jsonb_array_elements(a->'done') as r where (r->>4)::int <> all(v_places);
    select jsonb_agg(r order by (r->>'p')::int) into v_rest from jsonb_array_elements(v_rest) as r;
  end if;
  perform lock_keys(array(
    select u.key from jsonb_array_elements(v_rest) as r
    cross join lateral (select seq from job where id = r->>'id' limit 1) j
    cross join lateral (select key from unique_key where seq = j.seq limit 1) u));
  for r in select value from jsonb_array_elements(v_rest) loop
    v_codes[(r->>'p')::int + 1] := settle_one(r, p_holder, p_held, p_now);
  end loop;
  for n in 1 .. cardinality(v_places) loop v_codes[v_places[n] + 1] := 1; end loop;
  return to_jsonb(v_codes);
end $$
