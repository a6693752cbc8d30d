-- What the store holds now.
create or replace function sample_now(p_now bigint) returns sample language plpgsql stable as $$
#variable_conflict use_column
declare s sample%rowtype;
begin
  select p_now, coalesce(sum(n) filter (where state = 20), 0), coalesce(sum(n) filter (where state < 7), 0),
    coalesce(sum(n) filter (where state = 7), 0), coalesce(sum(n) filter (where state = 8), 0), coalesce(sum(n) filter (where state = 9), 0),
    (select coalesce(sum(pg_total_relation_size(c.oid)), 0) from pg_class c
      where c.relnamespace = current_schema::regnamespace and c.relkind = 'r')
  into s from (select state, n from tally union all select state, n from tally_change) x;
  return s;
end $$
