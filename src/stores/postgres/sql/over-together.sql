-- Jobs that were completed together and are over together, at most so many, locked; nobody else finds them then; with a null for each that was looked at
-- and stays.
create or replace function over_together(p_budget int, p_now bigint) returns bigint[] language plpgsql as $$
#variable_conflict use_column
declare v_over bigint[] := '{}'; v_some bigint[]; v_held bigint[]; v_found bigint[]; e record;
begin
  while cardinality(v_over) < p_budget loop
    select last_id, seqs into e from endings where expires_at_ms <= p_now order by expires_at_ms limit 1 for update skip locked;
    exit when not found;
    v_some := e.seqs[1:p_budget - cardinality(v_over)];
    v_held := array(
      select seq from history where seq = any(v_some) and ending <= e.last_id and ending > e.last_id - cardinality(e.seqs)
      order by seq for update skip locked);
    v_found := array(select seq from history where seq = any(v_held) and is_apart is null);
    v_over := v_over || v_found;
    -- Who is held by somebody at this moment is looked at again.
    exit when exists (select 1 from history where seq = any(v_some) and seq <> all(v_held) and ending <= e.last_id
      and ending > e.last_id - cardinality(e.seqs));
    v_over := v_over || array_fill(null::bigint, array[cardinality(v_some) - cardinality(v_found)]);
    perform set_apart(array(select unnest(v_held) except select unnest(v_found)));
    if cardinality(v_some) = cardinality(e.seqs) then delete from endings where last_id = e.last_id;
    else update endings set seqs = e.seqs[cardinality(v_some) + 1:] where last_id = e.last_id;
    end if;
  end loop;
  return v_over;
end $$
