-- Where the first ready jobs of all these lanes together are, locked. What another claim has locked is passed over, and so is what has expired and
-- what the process `p_avoid` of its lane is to leave to others, for half a minute from when it is due.
create or replace function heads_of(p_lanes int[], p_avoid text[], p_limit int, p_now bigint) returns tid[] language plpgsql as $$
#variable_conflict use_column
declare v_heads tid[] := '{}'; l record;
begin
  if cardinality(p_lanes) = 1 and p_avoid[1] is null then
    return array(
      select ctid from ticket where lane_id = p_lanes[1] and state = 3 and (expires_at_ms is null or expires_at_ms > p_now)
      order by sort_key, seq limit p_limit for update skip locked);
  end if;
  -- Which lanes the heads are in is seen first, so that no more is locked than is taken.
  for l in
    select lane, avoid, count(*) as n from (
      select u.lane, u.avoid from unnest(p_lanes, p_avoid) as u(lane, avoid) cross join lateral (
        select sort_key, seq from ticket where lane_id = u.lane and state = 3 and (expires_at_ms is null or expires_at_ms > p_now)
          and (u.avoid is null or avoids <> u.avoid or available_at_ms <= p_now - 30000)
        order by sort_key, seq limit p_limit) t
      order by t.sort_key, t.seq limit p_limit) h
    group by lane, avoid
  loop
    v_heads := v_heads || array(
      select ctid from ticket where lane_id = l.lane and state = 3 and (expires_at_ms is null or expires_at_ms > p_now)
        and (l.avoid is null or avoids <> l.avoid or available_at_ms <= p_now - 30000)
      order by sort_key, seq limit l.n for update skip locked);
  end loop;
  return v_heads;
end $$
