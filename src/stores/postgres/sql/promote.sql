-- Makes due jobs ready, the most overdue first.
create or replace function promote(p_budget int, p_now bigint) returns int language plpgsql as $$
#variable_conflict use_column
declare v_due tid[] := array(
  select ctid from ticket where state = 1 and available_at_ms <= p_now order by available_at_ms, seq limit p_budget for update skip locked);
begin
  if cardinality(v_due) = 0 then return 0; end if;
  with up as (
    update ticket set state = 3 where ctid = any(v_due) returning queue_id
  )
  insert into tally_change (queue_id, state, n)
  select g.queue_id, v.s, v.f * g.n from (select queue_id, count(*) as n from up group by 1) g cross join (values (1, -1), (3, 1)) as v(s, f);
  return cardinality(v_due);
end $$
