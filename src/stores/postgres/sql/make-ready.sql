-- Makes these locked jobs ready, which were scheduled.
create or replace function make_ready(p_due tid[]) returns void language plpgsql as $$
#variable_conflict use_column
begin
  with up as (
    update ticket set state = 3 where ctid = any(p_due) returning queue_id
  )
  insert into tally_change (queue_id, state, n)
  select g.queue_id, v.s, v.f * g.n from (select queue_id, count(*) as n from up group by 1) g cross join (values (1, -1), (3, 1)) as v(s, f);
end $$
