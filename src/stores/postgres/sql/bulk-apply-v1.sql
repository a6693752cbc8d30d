-- Brings dead jobs back, or removes them: { kind, to, by, reason, jobs: [{ id, death, payload, version }] }; the ids of those it did.
create or replace function bulk_apply_v1(p text) returns text language plpgsql set search_path from current set enable_seqscan = off set jit = off set plan_cache_mode = force_generic_plan as $$
#variable_conflict use_column
declare
  a jsonb := p::jsonb; v_now bigint := (a->>'at')::bigint; x jsonb; v_seq bigint; v_done jsonb := '[]'; v_queue int; v_id text;
begin
  perform lock_keys(array(select k from jsonb_array_elements(a->'jobs') as e cross join lateral unnest(array[e->'key'->>'from', e->'key'->>'to']) as k
    where e ? 'key'));
  perform lock_keys_of(coalesce((select jsonb_agg(e->'id') from jsonb_array_elements(a->'jobs') e), '[]'));
  if a->>'to' is not null then v_queue := queue_number(a->>'to'); end if;
  for x in select value from jsonb_array_elements(a->'jobs') loop
    select j.seq, j.id into v_seq, v_id from dead d cross join lateral (select seq, id from job where seq = d.seq limit 1) j
    where d.id = (x->>'death')::bigint for update of d;
    continue when v_seq is null or v_id <> x->>'id';
    if a->>'kind' = 'purge' then
      perform drop_jobs(array[v_seq]);
    else
      -- Whoever holds its unique key now comes first.
      continue when own_twin(v_seq, v_now, x->'key'->>'from', x->'key'->>'to') is not null;
      if x->>'payload' is not null then
        perform rewrite(v_seq, x->>'payload', coalesce((x->>'version')::int, (select version from job where seq = v_seq)), a->>'by', a->>'reason', v_now);
        if x ? 'key' then perform change_key(v_seq, x->'key'->>'from', x->'key'->>'to', v_now); end if;
      end if;
      perform revive(v_seq, v_queue, v_now);
    end if;
    v_done := v_done || (x->'id');
  end loop;
  return v_done::text;
end $$
