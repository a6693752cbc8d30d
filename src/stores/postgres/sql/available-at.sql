-- When a new job may first be claimed.
create or replace function available_at(k jsonb, r jsonb, p_now bigint) returns bigint language sql immutable as $$
  select ceil(greatest(p_now, coalesce((r->>3)::numeric, p_now + coalesce((k->>'delayMs')::numeric, 0))))::bigint
$$
