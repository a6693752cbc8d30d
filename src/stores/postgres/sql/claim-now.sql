-- Hands out ready jobs in order, after what time alone has changed, and after what this worker never received.
-- { call, received, limit, queues, tasks, alone, lapsed }; tasks: the newest payload version that it knows, by name.
create or replace function claim_now(a jsonb, p_holder int, p_held boolean, p_now bigint, p_mono float8) returns text language plpgsql as $$
#variable_conflict use_column
declare
  v_limit int := (a->>'limit')::int; v_received bigint := (a->>'received')::bigint; v_call bigint := (a->>'call')::bigint;
  v_alone boolean := coalesce((a->>'alone')::boolean, false);
  -- Who has much room for one queue takes due jobs as they are; all others make them ready first.
  v_takes_due boolean := v_limit >= 500 and jsonb_array_length(a->'queues') = 1 and not v_alone;
  v_again bigint[] := '{}'; v_heads tid[] := '{}'; v_found tid[]; v_queues int[] := '{}'; v_lanes int[]; v_avoid text[];
  v_left int; v_room int; v_due int; v_suspects boolean; v_fresh json; s record; q record;
begin
  if not p_held then return json_build_object('lease', 'lost', 'now', p_now)::text; end if;
  -- One look at what nearly never is.
  select exists (select 1 from worker where lease_ends_mono_ms <= p_mono) as overdue,
    exists (select 1 from ticket where state = 1 and available_at_ms <= p_now) as due,
    exists (select 1 from ticket where expires_at_ms is not null and state in (0, 1, 2, 3, 6) and expires_at_ms <= p_now) as expired,
    exists (select 1 from ticket where state = 5 and holder_id = p_holder and call > v_received) as again,
    exists (select 1 from ticket where holder_id = p_holder and cancel_reason is not null) as asked,
    exists (select 1 from ticket where suspect and (state = 3) is true) as suspect
  into s;
  if v_limit > 0 then
    if s.overdue and not coalesce((a->>'lapsed')::boolean, false) then return json_build_object('overdue', true, 'now', p_now)::text; end if;
    v_takes_due := v_takes_due and s.due;
    if s.due and not v_takes_due then perform promote(1000, p_now); end if;
    if s.expired then perform expire(1000, p_now); end if;
  end if;
  if s.again then
    v_again := array(
      select seq from ticket where state = 5 and holder_id = p_holder and call > v_received order by fence, seq limit greatest(0, v_limit));
    -- The next ask will name this call as received; what found no room now must still count as not received then.
    update ticket set call = v_call + 1 where state = 5 and holder_id = p_holder and call > v_received and seq <> all(v_again);
  end if;
  v_left := case when v_alone then least(1, v_limit) else v_limit end - cardinality(v_again);
  for q in
    select c.id, (e.value->>'limit')::int - (select count(*) from ticket where seq = any(v_again) and queue_id = c.id) as room
    from jsonb_array_elements(a->'queues') with ordinality as e(value, o)
    cross join lateral (select id from queue where name = e.value->>'name' and paused_at_ms is null limit 1) c
    order by (e.o - 1 - v_call % greatest(1, jsonb_array_length(a->'queues')) + jsonb_array_length(a->'queues')) % jsonb_array_length(a->'queues')
  loop
    v_room := least(v_left, q.room);
    continue when v_room <= 0;
    select * into v_lanes, v_avoid from lanes_for(q.id, v_alone, a->'tasks', p_holder, p_mono);
    continue when v_lanes is null;
    v_due := 0;
    if v_takes_due and v_room >= 500 and array_remove(v_avoid, null) = '{}' then
      select heads, due into v_found, v_due from heads_and_due(v_lanes, v_avoid, v_room, p_now);
    else
      if v_takes_due then perform promote(1000, p_now); end if;
      v_found := heads_of(v_lanes, v_avoid, v_room, p_now);
    end if;
    v_takes_due := false;
    if cardinality(v_found) > 0 then
      v_heads := v_heads || v_found;
      v_queues := v_queues || q.id;
      v_left := v_left - cardinality(v_found);
      insert into tally_change (queue_id, state, n)
      select q.id, s, n from (values (1, -v_due), (3, v_due - cardinality(v_found)), (5, cardinality(v_found))) as v(s, n) where n <> 0;
    end if;
  end loop;
  -- Nobody took any.
  if v_takes_due then perform promote(1000, p_now); end if;
  if cardinality(v_heads) > 0 then v_fresh := hand_out(v_heads, v_queues, p_holder, v_call, p_now, p_mono); end if;
  if v_limit > 0 and (s.suspect or s.due) then v_suspects := suspects_wait(a, p_holder, p_now, p_mono); end if;
  return json_build_object('lease', 'held', 'now', p_now, 'fresh', v_fresh,
    'again', case when cardinality(v_again) > 0 then claimed_rows(v_again, cardinality(v_again)) end,
    'due', (select ceil(least(p_now + (select min(lease_ends_mono_ms) from worker where holder_id <> p_holder) - p_mono,
      (select min(available_at_ms) from ticket where state = 1)))),
    'suspects', v_suspects, 'cancels', case when s.asked then cancels_of(p_holder) end)::text;
end $$
