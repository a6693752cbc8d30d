-- Who is to lose what: the jobs of these workers, or of those whose lease ran out, locked until the loss is written. { workers, overdue, budget }
create or replace function held_v1(p text) returns text language plpgsql set search_path from current set enable_seqscan = off set jit = off set plan_cache_mode = force_generic_plan as $$
#variable_conflict use_column
declare
  a jsonb := p::jsonb; v_now bigint := coalesce((a->>'now')::bigint, now_ms()); v_mono float8 := coalesce((a->>'mono')::float8, v_now);
  v_left bigint := (a->>'budget')::bigint; v_overdue boolean := coalesce((a->>'overdue')::boolean, false);
  w record; v_holders int[]; v_seqs bigint[]; v_rows json; v_out jsonb := '[]';
begin
  if v_overdue then
    -- Those that are overdue longest come first. What somebody holds is passed over, for every claim comes by here: a transaction that
    -- stays open must stop no other worker.
    v_holders := array(
      select x.holder_id from worker x cross join lateral (select worker from runner where id = x.holder_id limit 1) r
      where x.lease_ends_mono_ms <= v_mono order by x.lease_ends_mono_ms, r.worker collate "C" limit v_left for update of x skip locked);
  else
    v_holders := array(
      select x.holder_id from worker x cross join lateral (select worker from runner where id = x.holder_id limit 1) r
      where r.worker in (select value from jsonb_array_elements_text(a->'workers')) order by r.worker collate "C" for update of x);
  end if;
  for w in
    select r.worker, x.* from unnest(v_holders) with ordinality as h(id, o) cross join lateral (select * from worker where holder_id = h.id limit 1) x
    cross join lateral (select worker from runner where id = h.id limit 1) r order by h.o
  loop
    exit when v_left <= 0;
    if v_overdue then
      v_seqs := array(select seq from ticket where state = 5 and holder_id = w.holder_id order by seq limit v_left for update skip locked);
      v_seqs := array(select s.seq from unnest(v_seqs) as s(seq)
        where not exists (select 1 from unique_key where seq = s.seq and states & 32 = 0 and not try_key(key)) order by s.seq);
    else
      -- Who had no key while it ran may come to hold one now. Keys come before tickets, as everywhere.
      perform lock_keys(array(select u.key from ticket t cross join lateral (select key from unique_key where seq = t.seq and states & 32 = 0 limit 1) u
        where t.state = 5 and t.holder_id = w.holder_id));
      v_seqs := array(select seq from ticket where state = 5 and holder_id = w.holder_id order by seq limit v_left for update);
    end if;
    select json_agg(json_build_array(t.seq, t.fence, t.losses, t.failures, j.max_attempts, j.on_crash, t.suspect, t.expires_at_ms, t.begun_fence = t.fence, t.cancel_reason) order by t.seq)
    into v_rows from unnest(v_seqs) as s(seq) cross join lateral (select * from ticket where seq = s.seq limit 1) t
    cross join lateral (select max_attempts, on_crash from job where seq = s.seq limit 1) j;
    v_out := v_out || jsonb_build_array(jsonb_build_object('worker', w.worker, 'jobs', coalesce(v_rows, '[]'),
      'isAll', cardinality(v_seqs) = (select count(*) from ticket where state = 5 and holder_id = w.holder_id),
      'tellsBegin', w.tells_begin, 'ending', w.ending));
    v_left := v_left - cardinality(v_seqs);
  end loop;
  return json_build_object('now', v_now, 'workers', v_out)::text;
end $$
