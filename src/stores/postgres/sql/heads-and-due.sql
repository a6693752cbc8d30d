-- As heads-of.sql, for a claim with much room: due jobs are taken where they lie, in one order with those that are ready, and need not be made ready first.
-- Of those that find no room at most the next 1,000 wait for the next claim as they are; where they are fewer, they are made ready. `due`: how many of the heads were due.
create or replace function heads_and_due(p_lanes int[], p_avoid text[], p_room int, p_now bigint, out heads tid[], out due int) language plpgsql as $$
#variable_conflict use_column
declare v_mine tid[]; v_others tid[]; v_taken tid[]; v_all int;
begin
  heads := heads_of(p_lanes, p_avoid, p_room, p_now);
  select array_agg(c order by sort_key, seq) filter (where is_mine), array_agg(c) filter (where not is_mine), count(*) into v_mine, v_others, v_all
  from (
    select ctid as c, sort_key, seq, lane_id = any(p_lanes) and (expires_at_ms is null or expires_at_ms > p_now) as is_mine
    from ticket where state = 1 and available_at_ms <= p_now order by available_at_ms, seq limit 1000 for update skip locked
  ) w;
  v_taken := v_mine[1:p_room];
  if cardinality(heads) > 0 and v_taken is not null then
    select array_agg(c) filter (where state = 1), array_agg(c) into v_taken, heads from (
      select ctid as c, state from ticket where ctid = any(heads || v_taken) order by sort_key, seq limit p_room) x;
  else
    heads := heads || coalesce(v_taken, '{}');
  end if;
  due := coalesce(cardinality(v_taken), 0);
  if v_all < 1000 then v_others := v_others || v_mine[due + 1:]; end if;
  if cardinality(v_others) > 0 then perform make_ready(v_others); end if;
end $$
