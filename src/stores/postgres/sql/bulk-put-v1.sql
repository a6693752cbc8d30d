-- Writes down how an operation stands, unless it is new and known: { id, isOpen, startedAt, record, isNew }. True where it was written.
create or replace function bulk_put_v1(p text) returns text language plpgsql set search_path from current set enable_seqscan = off set jit = off set plan_cache_mode = force_generic_plan as $$
#variable_conflict use_column
declare a jsonb := p::jsonb;
begin
  if (a->>'isNew')::boolean then
    insert into bulk (id, is_open, started_at_ms, over_at_ms, record)
    values (a->>'id', (a->>'isOpen')::boolean, (a->>'startedAt')::bigint, (a->>'overAt')::numeric::bigint, a->>'record') on conflict (id) do nothing;
    return found::text;
  end if;
  update bulk set is_open = (a->>'isOpen')::boolean, over_at_ms = (a->>'overAt')::numeric::bigint, record = a->>'record' where id = a->>'id';
  return found::text;
end $$
