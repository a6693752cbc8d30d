-- The intake with one more job that was refused.
create or replace function turned_from(i jsonb) returns jsonb language sql immutable as $$
  select i || jsonb_build_object('turned', (i->>'turned')::bigint + 1)
$$
