-- The first attempts that ended between these numbers, in order.
create or replace function endings_between(p_from bigint, p_to bigint, p_limit int) returns setof attempt language plpgsql stable as $$
#variable_conflict use_column
declare e record; v_left int := p_limit; n int;
begin
  return query select * from attempt where id between p_from and p_to order by id limit p_limit;
  for e in select last_id - cardinality(seqs) as before_id, seqs from endings where last_id >= p_from order by last_id loop
    exit when v_left <= 0 or e.before_id >= p_to;
    return query
      select (last_attempt(h)).* from unnest(e.seqs) with ordinality as u(seq, o)
      cross join lateral (select * from history where seq = u.seq and ending = e.before_id + u.o limit 1) h
      where e.before_id + u.o between p_from and p_to order by u.o limit v_left;
    get diagnostics n = row_count;
    v_left := v_left - n;
  end loop;
end $$
