-- What a person asks of jobs; written to the audit log. { verb, ids, by, reason }; answers [outcome, state, twin].
create or replace function act_v1(p text) returns text language plpgsql set search_path from current set enable_seqscan = off set jit = off set plan_cache_mode = force_generic_plan as $$
#variable_conflict use_column
declare a jsonb := p::jsonb; v_now bigint := coalesce((a->>'now')::bigint, now_ms()); v_id text; v_out jsonb := '[]';
begin
  perform lock_keys_of(a->'ids');
  for v_id in select value from jsonb_array_elements_text(a->'ids') loop
    v_out := v_out || jsonb_build_array(act_one(a->>'verb', v_id, a->>'by', a->>'reason', v_now));
  end loop;
  return v_out::text;
end $$
