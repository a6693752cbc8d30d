-- Notes that jobs of a queue went from one state to another; null for one that comes from nowhere, or goes there.
create or replace function tally_move(p_queue int, p_from int, p_to int, p_n bigint default 1) returns void language plpgsql as $$
#variable_conflict use_column
begin
  insert into tally_change (queue_id, state, n)
  select p_queue, s, n from (values (p_from, -p_n), (p_to, p_n)) as c(s, n) where s is not null;
end $$
