-- Makes due jobs ready, the most overdue first.
create or replace function promote(p_budget int, p_now bigint) returns int language plpgsql as $$
#variable_conflict use_column
declare v_due tid[] := array(
  select ctid from ticket where state = 1 and available_at_ms <= p_now order by available_at_ms, seq limit p_budget for update skip locked);
begin
  if cardinality(v_due) = 0 then return 0; end if;
  perform make_ready(v_due);
  return cardinality(v_due);
end $$
