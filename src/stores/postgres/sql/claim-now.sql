-- Hands out ready jobs in order, after what time alone has changed, and after what this worker never received.
-- { call, received, limit, queues, tasks, alone, lapsed }; tasks: the newest payload version that it knows, by name.
create or replace function claim_now(a jsonb, p_holder int, p_held boolean, p_now bigint, p_mono float8) returns text language plpgsql as $$
#variable_conflict use_column
declare
  v_limit int := (a->>'limit')::int;
  v_most int := case when (a->>'alone')::boolean then least(1, v_limit) else v_limit end;
  v_again bigint[] := '{}'; v_seqs bigint[] := '{}'; v_heads bigint[]; v_lanes int[]; v_avoid text[];
  v_left int; v_room int; v_suspects boolean := false;
  q record; v_due float8;
begin
  if not p_held then return json_build_object('lease', 'lost', 'now', p_now)::text; end if;
  if v_limit > 0 then
    if not coalesce((a->>'lapsed')::boolean, false) and exists (select 1 from worker where lease_ends_mono_ms <= p_mono) then
      return json_build_object('overdue', true, 'now', p_now)::text;
    end if;
    if exists (select 1 from ticket where state = 1 and available_at_ms <= p_now) then perform promote(1000, p_now); end if;
    if exists (select 1 from ticket where expires_at_ms is not null and state in (0, 1, 2, 3, 6) and expires_at_ms <= p_now) then
      perform expire(1000, p_now);
    end if;
  end if;
  if exists (select 1 from ticket where state = 5 and holder_id = p_holder and call > (a->>'received')::bigint) then
    v_again := array(
      select seq from ticket where state = 5 and holder_id = p_holder and call > (a->>'received')::bigint
      order by fence, seq limit greatest(0, v_limit));
    -- The next ask will name this call as received; what found no room now must still count as not received then.
    update ticket set call = (a->>'call')::bigint + 1
    where state = 5 and holder_id = p_holder and call > (a->>'received')::bigint and seq <> all(v_again);
  end if;
  v_left := v_most - cardinality(v_again);
  for q in
    select c.id, (e.value->>'limit')::int - (select count(*) from ticket where seq = any(v_again) and queue_id = c.id) as room
    from jsonb_array_elements(a->'queues') with ordinality as e(value, o)
    cross join lateral (select id from queue where name = e.value->>'name' and paused_at_ms is null limit 1) c
    order by (e.o - 1 - (a->>'call')::bigint % greatest(1, jsonb_array_length(a->'queues')) + jsonb_array_length(a->'queues'))
      % jsonb_array_length(a->'queues')
  loop
    v_room := least(v_left, q.room);
    continue when v_room <= 0;
    select * into v_lanes, v_avoid from lanes_for(q.id, coalesce((a->>'alone')::boolean, false), a->'tasks', p_holder, p_mono);
    continue when v_lanes is null;
    v_heads := heads_of(v_lanes, v_avoid, v_room, p_now);
    if cardinality(v_heads) > 0 then
      v_seqs := v_seqs || v_heads;
      v_left := v_left - cardinality(v_heads);
      insert into tally_change (queue_id, state, n) values (q.id, 3, -cardinality(v_heads)), (q.id, 5, cardinality(v_heads));
    end if;
  end loop;
  if cardinality(v_seqs) > 0 then
    -- Who made them ready may have looked at the clock later than this claim did: nothing starts before its time.
    -- A clock that was set back, which only the time of a test can be for long, is no such moment.
    update ticket set state = 5, fence = fence + 1, attempt = attempt + 1, holder_id = p_holder, call = (a->>'call')::bigint,
      started_at_ms = case when p_mono = p_now and available_at_ms - p_now < 1000 then greatest(p_now, available_at_ms) else p_now end,
      expires_at_ms = deadline_at_ms, progress = null, log_lines = null, log_bytes = null
    where seq = any(v_seqs);
    -- Who was claimed need avoid nobody any more, and belongs to the lane of all others.
    update ticket t set avoids = null, lane_id = lane_by_number(t.queue_id, l.task_id, l.version, 0)
    from lane l where t.seq = any(v_seqs) and t.avoids is not null and l.id = t.lane_id;
  end if;
  select min(lease_ends_mono_ms) into v_due from worker where holder_id <> p_holder;
  v_due := least(p_now + v_due - p_mono, (select min(available_at_ms) from ticket where state = 1));
  if v_limit > 0 and exists (select 1 from ticket where suspect and (state = 3) is true) then
    v_suspects := suspects_wait(a, p_holder, p_now, p_mono);
  end if;
  return json_build_object('lease', 'held', 'now', p_now, 'due', ceil(v_due), 'suspects', v_suspects, 'cancels', cancels_of(p_holder),
    'jobs', case when cardinality(v_again) + cardinality(v_seqs) > 0 then claimed_rows(v_again || v_seqs, cardinality(v_again)) end)::text;
end $$
