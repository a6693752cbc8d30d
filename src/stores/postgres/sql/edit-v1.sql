-- Gives jobs that do not run another payload, and keeps the one before: answers [outcome, state, twin].
create or replace function edit_v1(p text) returns text language plpgsql set search_path from current set enable_seqscan = off set jit = off set plan_cache_mode = force_generic_plan as $$
#variable_conflict use_column
declare
  a jsonb := p::jsonb; v_now bigint := coalesce((a->>'now')::bigint, now_ms()); e jsonb; j record; v_state int; v_seen int; v_out jsonb := '[]';
  v_outcome text; v_twin text;
begin
  perform lock_keys(array(select k from jsonb_array_elements(a->'edits') as x cross join lateral unnest(array[x->'key'->>'from', x->'key'->>'to']) as k
    where x ? 'key'));
  perform 1 from job where id = any(array(select x->>'id' from jsonb_array_elements(a->'edits') as x)) order by id for update;
  for e in select value from jsonb_array_elements(a->'edits') loop
    select * into j from job where id = e->>'id' for update;
    if j.seq is null then v_out := v_out || '[["gone"]]'::jsonb; continue; end if;
    perform 1 from ticket where seq = j.seq for update;
    v_state := state_of(j.seq);
    select count(*) into v_seen from revision where seq = j.seq;
    v_outcome := case
      when v_state = 5 then 'refused'
      when v_seen = (e->>'revision')::int + 1 and j.payload = e->>'payload' then 'same'
      when v_seen <> (e->>'revision')::int or e->>'was' <> j.payload then 'changed'
      else 'done' end;
    v_twin := null;
    if v_outcome = 'done' and e->'key'->>'from' <> e->'key'->>'to' and exists (
      select 1 from unique_key where seq = j.seq and key = e->'key'->>'from' and states & (1 << v_state) <> 0) then
      select id into v_twin from job where seq = own_twin(j.seq, v_now, e->'key'->>'from', e->'key'->>'to');
      if v_twin is not null then v_outcome := 'twin'; end if;
    end if;
    if v_outcome = 'done' then
      perform rewrite(j.seq, e->>'payload', (e->>'version')::int, e->>'by', e->>'reason', v_now);
      if e ? 'key' then perform change_key(j.seq, e->'key'->>'from', e->'key'->>'to', v_now); end if;
      insert into audit (at_ms, by, verb, target, reason) values (v_now, e->>'by', 'edit', e->>'id', e->>'reason');
    end if;
    v_out := v_out || jsonb_build_array(jsonb_build_array(case v_outcome when 'same' then 'done' else v_outcome end, v_state, v_twin));
  end loop;
  return v_out::text;
end $$
