-- An option that is an interval, in milliseconds; null where it is not given.
create or replace function span_ms(o jsonb, p_name text, p_least int) returns numeric language plpgsql immutable as $$
declare v_ms numeric := ceil(extract(epoch from (o->>p_name)::interval) * 1000);
begin
  if v_ms < p_least or v_ms > 3155760000000 then
    raise exception sqlstate '22023' using message = format('LW1201 %s: expected an interval from %s ms to a hundred years', p_name, p_least);
  end if;
  return v_ms;
end $$
