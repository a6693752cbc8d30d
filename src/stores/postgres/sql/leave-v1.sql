-- A worker that ends well gives back what it still holds, without a loss. Whose lease ran out has nothing to give back.
create or replace function leave_v1(p text) returns text language plpgsql set search_path from current set enable_seqscan = off set jit = off set plan_cache_mode = force_generic_plan as $$
#variable_conflict use_column
declare
  a jsonb := p::jsonb; v_now bigint := coalesce((a->>'now')::bigint, now_ms()); v_mono float8 := coalesce((a->>'mono')::float8, v_now);
  v_id int; t ticket%rowtype; v_n int := 0;
begin
  select w.holder_id into v_id from runner r join worker w on w.holder_id = r.id
  where r.worker = a->>'worker' and w.lease_ends_mono_ms > v_mono for update of w;
  if v_id is null then return '0'; end if;
  perform lock_keys(array(select u.key from ticket x cross join lateral (select key from unique_key where seq = x.seq and states & 32 = 0 limit 1) u
    where x.state = 5 and x.holder_id = v_id));
  for t in select * from ticket where state = 5 and holder_id = v_id order by seq for update loop
    perform settle_one(jsonb_build_object('id', (select id from job where seq = t.seq), 'f', t.fence, 'm', 3, 'to', 3, 'tc', 9, 'c', 'releases',
      'back', true, 'd', a->>'digest'), v_id, true, v_now);
    v_n := v_n + 1;
  end loop;
  delete from worker where holder_id = v_id;
  update runner set gone_at_ms = v_now where id = v_id;
  return v_n::text;
end $$
