-- How far a walk over all payloads came; with { to } it is kept, or forgotten where that is null.
create or replace function place_v1(p text) returns text language plpgsql set search_path from current set enable_seqscan = off set jit = off set plan_cache_mode = force_generic_plan as $$
#variable_conflict use_column
declare a jsonb := p::jsonb;
begin
  if a ? 'to' then
    if a->>'to' is null then delete from place where walk = a->>'walk';
    else insert into place (walk, at) values (a->>'walk', a->>'to') on conflict (walk) do update set at = excluded.at;
    end if;
  end if;
  return coalesce((select to_json(at)::text from place where walk = a->>'walk'), 'null');
end $$
