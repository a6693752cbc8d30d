-- Bulk operations: { ids } in that order, or the newest; { lock } keeps others from writing them. With the instant.
create or replace function bulk_get_v1(p text) returns text language plpgsql set search_path from current set enable_seqscan = off set jit = off set plan_cache_mode = force_generic_plan as $$
#variable_conflict use_column
declare a jsonb := p::jsonb; v_now bigint := coalesce((a->>'now')::bigint, now_ms()); v_all json;
begin
  if (a->>'lock')::boolean then
    perform 1 from bulk where id in (select value from jsonb_array_elements_text(a->'ids')) for update;
  end if;
  if a ? 'ids' then
    select json_agg(b.record order by i.o) into v_all
    from jsonb_array_elements_text(a->'ids') with ordinality as i(id, o) join bulk b on b.id = i.id;
  else
    select json_agg(record order by n desc) into v_all from (select * from bulk order by n desc limit 100) b;
  end if;
  return json_build_object('now', v_now, 'all', v_all)::text;
end $$
