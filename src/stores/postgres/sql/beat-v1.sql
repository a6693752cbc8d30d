-- Makes a worker's lease longer; the first time it registers the worker. { worker, ttlMs, about }
create or replace function beat_v1(p text) returns text language plpgsql set search_path from current set enable_seqscan = off set jit = off set plan_cache_mode = force_generic_plan as $$
#variable_conflict use_column
declare
  a jsonb := p::jsonb; v_now bigint := coalesce((a->>'now')::bigint, now_ms()); v_mono float8 := coalesce((a->>'mono')::float8, v_now);
  v_ends float8 := v_mono + (a->>'ttlMs')::float8; v_id int; b jsonb := a->'about';
begin
  select id into v_id from runner where worker = a->>'worker';
  update worker set beat_at_ms = v_now, lease_ends_mono_ms = v_ends, ending = ending or coalesce((a->>'ending')::boolean, false)
  where holder_id = v_id and lease_ends_mono_ms > v_mono;
  if not found then
    if b is null or exists (select 1 from worker where holder_id = v_id) then
      return json_build_object('lease', 'lost', 'now', v_now)::text;
    end if;
    if v_id is null then
      insert into runner (worker, ran_on) values (a->>'worker', (b->>'host') || ':' || (b->>'pid')) on conflict do nothing;
      select id into v_id from runner where worker = a->>'worker';
    end if;
    update runner set gone_at_ms = null where id = v_id and gone_at_ms is not null;
    insert into worker (holder_id, lease_ends_mono_ms, started_at_ms, beat_at_ms, concurrency, pid, host, version, tells_begin, about)
    values (v_id, v_ends, v_now, v_now, (b->>'concurrency')::int, (b->>'pid')::bigint, b->>'host', b->>'version',
      coalesce((b->>'tellsBegin')::boolean, false), a->>'aboutText')
    -- The same one may have said so twice at once.
    on conflict (holder_id) do update set beat_at_ms = excluded.beat_at_ms, lease_ends_mono_ms = greatest(worker.lease_ends_mono_ms, excluded.lease_ends_mono_ms);
  end if;
  return json_build_object('lease', 'held', 'now', v_now, 'cancels', cancels_of(v_id))::text;
end $$
