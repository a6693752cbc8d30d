-- Adds up what the batches noted, by one process at a time.
create or replace function fold_tally() returns void language plpgsql as $$
#variable_conflict use_column
begin
  if not pg_try_advisory_xact_lock(hashtextextended(current_schema || ' fold', 7)) then return; end if;
  with gone as (
    delete from tally_change where id = any(array(select id from tally_change order by id limit 20000 for update skip locked)) returning queue_id, state, n
  )
  insert into tally (queue_id, state, n) select queue_id, state, sum(n) from gone group by 1, 2
  on conflict (queue_id, state) do update set n = tally.n + excluded.n;
end $$
