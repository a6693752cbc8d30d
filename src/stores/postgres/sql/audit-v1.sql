-- Notes what a person did.
create or replace function audit_v1(p text) returns text language plpgsql set search_path from current set enable_seqscan = off set jit = off set plan_cache_mode = force_generic_plan as $$
#variable_conflict use_column
declare a jsonb := p::jsonb;
begin
  insert into audit (at_ms, by, verb, target, reason) values ((a->>'at')::bigint, a->>'by', a->>'verb', a->>'target', a->>'reason');
  return 'null';
end $$
