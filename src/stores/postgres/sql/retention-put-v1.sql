-- Puts a policy in the place of the one before, or lifts it, and begins to look at what is there already: { standing, by, verb, said, at, bytes }.
create or replace function retention_put_v1(p text) returns text language plpgsql set search_path from current set enable_seqscan = off set jit = off set plan_cache_mode = force_generic_plan as $$
declare a jsonb := p::jsonb;
begin
  if a->>'standing' is null then delete from place where walk = 'retention';
  else
    insert into place (walk, at) values ('retention', a->>'standing') on conflict (walk) do update set at = excluded.at;
  end if;
  insert into place (walk, at) values ('retention-walk', '0') on conflict (walk) do update set at = excluded.at;
  insert into audit (at_ms, by, verb, target, reason) values ((a->>'at')::bigint, a->>'by', a->>'verb', 'store', a->>'said');
  perform retention_walk(1000, (a->>'bytes')::boolean);
  return 'null';
end $$
