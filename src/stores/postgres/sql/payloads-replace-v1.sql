-- Writes payloads in the place of other texts that mean the same: { changes: [id, was, now] }; done, changed or gone for each.
create or replace function payloads_replace_v1(p text) returns text language plpgsql set search_path from current set enable_seqscan = off set jit = off set plan_cache_mode = force_generic_plan as $$
#variable_conflict use_column
declare c jsonb; v_seq bigint; v_out jsonb := '[]';
begin
  for c in select value from jsonb_array_elements(p::jsonb->'changes') loop
    update job set payload = c->>2 where id = c->>0 and payload = c->>1 returning seq into v_seq;
    if found then v_out := v_out || '["done"]'::jsonb;
    elsif exists (select 1 from job where id = c->>0) then v_out := v_out || '["changed"]'::jsonb;
    else v_out := v_out || '["gone"]'::jsonb;
    end if;
  end loop;
  return v_out::text;
end $$
