-- How large the store is, and was { looks } milliseconds ago; when the next finished job leaves.
create or replace function size_v1(p text) returns text language plpgsql set search_path from current set enable_seqscan = off set jit = off set plan_cache_mode = force_generic_plan as $$
#variable_conflict use_column
declare a jsonb := p::jsonb; v_now bigint := coalesce((a->>'now')::bigint, now_ms());
begin
  return json_build_object('now', to_json(sample_now(v_now)), 'before', (
    select json_agg((
      select to_json(s) from sample s where s.at_ms >= v_now - l.ms::bigint and s.at_ms <= v_now order by s.at_ms limit 1) order by l.o)
    from jsonb_array_elements_text(a->'looks') with ordinality as l(ms, o)),
    'next', least((select min(expires_at_ms) from history where expires_at_ms is not null), (select min(expires_at_ms) from endings)))::text;
end $$
