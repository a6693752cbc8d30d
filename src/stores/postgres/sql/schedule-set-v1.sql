-- Makes, changes or removes schedules, each only at the revision it is known by: 'set' or 'stale' for each.
create or replace function schedule_set_v1(p text) returns text language plpgsql set search_path from current set enable_seqscan = off set jit = off set plan_cache_mode = force_generic_plan as $$
#variable_conflict use_column
declare
  a jsonb := p::jsonb; v_now bigint := coalesce((a->>'now')::bigint, now_ms()); c jsonb; s record; v_out jsonb := '[]'; v_to jsonb;
begin
  for c in select value from jsonb_array_elements(a->'changes') loop
    select * into s from schedule where name = c->>'name' for update;
    if coalesce(s.revision, 0) <> (c->>'revision')::bigint then v_out := v_out || '["stale"]'::jsonb; continue; end if;
    v_to := c->'to';
    if jsonb_typeof(v_to) = 'object' then
      if s.id is null then
        insert into schedule (name, revision, cursor_at_ms, next_at_ms, body)
        values (c->>'name', 1, (v_to->>'cursorAt')::bigint, (v_to->>'nextAt')::bigint, v_to->>'body')
        on conflict (name) do nothing returning * into s;
        if s.id is null then v_out := v_out || '["stale"]'::jsonb; continue; end if;
      else
        update schedule set revision = revision + 1, cursor_at_ms = (v_to->>'cursorAt')::bigint, next_at_ms = (v_to->>'nextAt')::bigint,
          body = v_to->>'body' where id = s.id;
      end if;
      perform keep_records(s.id, coalesce(c->'skipped', '[]'), v_now);
    elsif s.id is not null then
      perform cancel_live(s.id, 'its schedule was removed', true, v_now);
      delete from slot_record where schedule_id = s.id;
      delete from schedule where id = s.id;
    end if;
    if jsonb_typeof(c->'order') = 'object' then
      insert into audit (at_ms, by, verb, target, reason)
      values (v_now, c->'order'->>'by', c->'order'->>'verb', c->>'name', c->'order'->>'reason');
    end if;
    v_out := v_out || '["set"]'::jsonb;
  end loop;
  return v_out::text;
end $$
