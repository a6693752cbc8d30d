-- Gives these locked jobs to a worker, and answers them in order, queue by queue, by columns: { s seqs, i ids, p payloads, l lanes, c created, m most attempts, k }, one value
-- where all have the same. Those of `k` are to be kept for a time of their own. Who has no payload here has more to it, and is shown whole among `odd`.
create or replace function hand_out(p_heads tid[], p_queues int[], p_holder int, p_call bigint, p_now bigint, p_mono float8) returns json language plpgsql as $$
#variable_conflict use_column
declare v_columns json; v_odd bigint[]; v_avoiding bigint[]; v_lanes int[];
begin
  with taken as (
    -- Who made them ready may have looked at the clock later than this claim did: nothing starts before its time.
    -- A clock that was set back, which only the time of a test can be for long, is no such moment.
    update ticket set state = 5, fence = fence + 1, attempt = attempt + 1, holder_id = p_holder, call = p_call,
      started_at_ms = case when p_mono = p_now and available_at_ms - p_now < 1000 then greatest(p_now, available_at_ms) else p_now end,
      expires_at_ms = deadline_at_ms, progress = null, log_lines = null, log_bytes = null
    where ctid = any(p_heads)
    returning seq, sort_key, array_position(p_queues, queue_id) as turn, lane_id, avoids, fence <> 1 or attempt <> 1 or failures <> 0 or losses <> 0 or started_at_ms <> p_now
      or expires_at_ms is not null or suspect is not null or schedule_id is not null as is_odd
  )
  select json_build_object('s', array_agg(seq), 'i', array_agg(id), 'p', array_agg(payload),
      'l', case when min(lane_id) = max(lane_id) then to_json(min(lane_id)) else to_json(array_agg(lane_id)) end,
      'c', case when min(created_at_ms) = max(created_at_ms) then to_json(min(created_at_ms)) else to_json(array_agg(created_at_ms)) end,
      'm', case when min(max_attempts) = max(max_attempts) then to_json(min(max_attempts)) else to_json(array_agg(max_attempts)) end,
      'k', array_agg(seq) filter (where retain is not null)),
    array_agg(seq) filter (where payload is null), array_agg(seq) filter (where avoids is not null),
    case when min(lane_id) = max(lane_id) then array[min(lane_id)] else array_agg(lane_id) end
  into v_columns, v_odd, v_avoiding, v_lanes
  from (
    select t.seq, t.lane_id, t.avoids, j.id, case when not t.is_odd and j.on_crash is null then j.payload end as payload,
      j.created_at_ms, j.max_attempts, j.retain
    from (select * from taken order by turn, sort_key, seq) t
    cross join lateral (select id, payload, created_at_ms, max_attempts, retain, on_crash from job where seq = t.seq limit 1) j
  ) x;
  if v_avoiding is not null then
    -- Who was claimed need avoid nobody any more, and belongs to the lane of all others.
    update ticket t set avoids = null, lane_id = lane_by_number(t.queue_id, l.task_id, l.version, 0)
    from lane l where t.seq = any(v_avoiding) and l.id = t.lane_id;
  end if;
  return json_build_object('columns', v_columns,
    'lanes', (select json_object_agg(l.id, json_build_array(k.name, q.name, l.version))
      from lane l join task k on k.id = l.task_id join queue q on q.id = l.queue_id where l.id = any(v_lanes)),
    'odd', case when v_odd is not null then claimed_rows(v_odd, 0) end);
end $$
