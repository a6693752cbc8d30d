-- For each firing its jobs, its skips and its cursor, or null where the schedule has changed meanwhile.
create or replace function schedule_fire_v1(p text) returns text language plpgsql set search_path from current set enable_seqscan = off set jit = off set plan_cache_mode = force_generic_plan as $$
#variable_conflict use_column
declare
  a jsonb := p::jsonb; v_now bigint := coalesce((a->>'now')::bigint, now_ms()); f jsonb; s record; x jsonb; v_one jsonb; v_slots jsonb;
  v_out jsonb := '[]'; v_records jsonb; v_made int;
begin
  -- Keys come before schedules, as where a job of one ends.
  perform lock_keys(array(select r->4->>'key' from jsonb_array_elements(a->'firings') as x cross join lateral jsonb_array_elements(x->'slots') as s
    cross join lateral jsonb_array_elements(s->'enqueue'->'rows') as r where r->4->>'key' is not null));
  for f in select value from jsonb_array_elements(a->'firings') loop
    select * into s from schedule where name = f->>'name' for update;
    if s.id is null or s.revision <> (f->>'revision')::bigint or (f->'cursor'->>'to')::bigint > v_now then
      v_out := v_out || '[null]'::jsonb;
      continue;
    end if;
    if f ? 'cursor' then
      update schedule set revision = revision + 1, cursor_at_ms = (f->'cursor'->>'to')::bigint, next_at_ms = (f->'cursor'->>'nextAt')::bigint,
        max_running = (f->'room'->>'max')::int where id = s.id;
    end if;
    v_slots := '[]'; v_made := 0;
    v_records := coalesce(f->'skipped', '[]');
    for x in select value from jsonb_array_elements(f->'slots') loop
      v_one := fire_one(s.id, x, f->'room', v_now);
      if v_one->>'outcome' in ('fired', 'held') then v_made := v_made + 1; end if;
      v_slots := v_slots || jsonb_build_array(v_one);
      v_records := v_records || jsonb_build_array(jsonb_build_object('at', x->'at', 'count', 1, 'outcome', v_one->'outcome',
        'reason', v_one->'reason', 'job', case when v_one->>'outcome' <> 'skipped' then v_one->'id' end));
    end loop;
    if v_made > 0 then update schedule set fired = fired + v_made where id = s.id; end if;
    select coalesce(jsonb_agg(r order by (r->>'at')::bigint, o), '[]') into v_records from jsonb_array_elements(v_records) with ordinality as e(r, o);
    perform keep_records(s.id, v_records, v_now);
    v_out := v_out || jsonb_build_array(v_slots);
  end loop;
  if a->>'notify' is not null then perform pg_notify(a->>'notify', ''); end if;
  return v_out::text;
end $$
