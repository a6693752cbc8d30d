-- Who is to lose what: the jobs of these workers, or of those whose lease ran out, locked until the loss is written. { workers, overdue, budget }
create or replace function held_v1(p text) returns text language plpgsql set search_path from current set enable_seqscan = off set jit = off set plan_cache_mode = force_generic_plan as $$
#variable_conflict use_column
declare
  a jsonb := p::jsonb; v_now bigint := coalesce((a->>'now')::bigint, now_ms()); v_mono float8 := coalesce((a->>'mono')::float8, v_now);
  v_budget bigint := (a->>'budget')::bigint; v_left bigint := (a->>'budget')::bigint; w record; v_rows json; v_n int; v_out jsonb := '[]';
begin
  for w in
    select r.worker, x.holder_id, x.tells_begin, x.ending from worker x cross join lateral (select worker from runner where id = x.holder_id limit 1) r
    where case when (a->>'overdue')::boolean then x.lease_ends_mono_ms <= v_mono
      else r.worker in (select value from jsonb_array_elements_text(a->'workers')) end
    -- Those that are overdue longest come first.
    order by case when (a->>'overdue')::boolean then x.lease_ends_mono_ms end, r.worker collate "C"
    limit case when (a->>'overdue')::boolean then v_budget end for update of x
  loop
    exit when v_left <= 0;
    with held as (select * from ticket where state = 5 and holder_id = w.holder_id order by seq limit v_left for update)
    select json_agg(json_build_array(t.seq, t.fence, t.losses, t.failures, j.max_attempts, j.on_crash, t.suspect, t.expires_at_ms, t.begun_fence = t.fence, t.cancel_reason) order by t.seq), count(*)
    into v_rows, v_n from held t cross join lateral (select max_attempts, on_crash from job where seq = t.seq limit 1) j;
    v_out := v_out || jsonb_build_array(jsonb_build_object('worker', w.worker, 'jobs', coalesce(v_rows, '[]'), 'isAll', v_n < v_left,
      'tellsBegin', w.tells_begin, 'ending', w.ending));
    v_left := v_left - v_n;
  end loop;
  return json_build_object('now', v_now, 'workers', v_out)::text;
end $$
