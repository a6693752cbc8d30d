-- What came lately and still counts, the oldest first: [instant, jobs]. What a clock that was set back left in the future counts as of now.
create or replace function came_within(i jsonb, p_now bigint) returns jsonb language sql immutable as $$
  select coalesce(jsonb_agg(jsonb_build_array(least((c->>0)::bigint, p_now), c->1) order by o), '[]')
  from jsonb_array_elements(i->'came') with ordinality as x(c, o) where (c->>0)::bigint > p_now - (i->>'everyMs')::bigint
$$
