-- The policy that stands, with { lock } held until the end of the transaction, and the instant.
create or replace function retention_get_v1(p text) returns text language plpgsql set search_path from current set enable_seqscan = off set jit = off set plan_cache_mode = force_generic_plan as $$
declare a jsonb := p::jsonb;
begin
  if (a->>'lock')::boolean then perform pg_advisory_xact_lock(hashtextextended(current_schema || ' retention', 7)); end if;
  return json_build_object('now', coalesce((a->>'now')::bigint, now_ms()), 'standing', (select at from place where walk = 'retention'))::text;
end $$
