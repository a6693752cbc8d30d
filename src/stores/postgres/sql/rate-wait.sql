-- How long until one more job fits the rate, and those before it that were refused; 0 where it fits now.
create or replace function rate_wait(i jsonb, p_now bigint) returns bigint language plpgsql as $$
#variable_conflict use_column
declare v_inside jsonb; v_used bigint; v_over bigint; v_last bigint := p_now; c jsonb;
begin
  if i->>'max' is null then return 0; end if;
  v_inside := came_within(i, p_now);
  select coalesce(sum((x->>1)::bigint), 0) into v_used from jsonb_array_elements(v_inside) as x;
  if v_used < (i->>'max')::bigint then return 0; end if;
  v_over := v_used + (i->>'turned')::bigint + 1 - (i->>'max')::bigint;
  for c in select value from jsonb_array_elements(v_inside) loop
    v_last := (c->>0)::bigint;
    v_over := v_over - (c->>1)::bigint;
    exit when v_over <= 0;
  end loop;
  return v_last + (i->>'everyMs')::bigint - p_now;
end $$
