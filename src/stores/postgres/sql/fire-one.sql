-- Makes the job of a slot, lets it wait for earlier ones, or says why there is none: { at, from, isBackfill, overlap, enqueue }.
create or replace function fire_one(p_schedule int, x jsonb, p_room jsonb, p_now bigint) returns jsonb language plpgsql as $$
#variable_conflict use_column
declare
  v_id text := x->'enqueue'->'rows'->0->>1; v_live int; v_held int; v_full boolean := false; v_answer jsonb; v_seq bigint; t record;
begin
  if exists (select 1 from job where id = v_id) then return jsonb_build_object('id', v_id, 'outcome', 'known'); end if;
  select count(*), count(*) filter (where standing = 0) into v_live, v_held from slot where schedule_id = p_schedule and standing < 2;
  v_full := v_held > 0 or v_live >= (p_room->>'max')::int;
  if p_room->>'max' is not null and not (p_room->>'cancel')::boolean and v_full and v_held >= (p_room->>'buffer')::int then
    return jsonb_build_object('id', v_id, 'outcome', 'skipped',
      'reason', case when (p_room->>'buffer')::int > 0 then 'bufferFull' else 'overlap' end);
  end if;
  v_answer := (enqueue_v1((x->'enqueue' || jsonb_build_object('now', p_now, 'each', true))::text)::jsonb)->'each'->0;
  if v_answer->>0 <> 'created' then
    return jsonb_build_object('id', v_id, 'outcome', 'skipped',
      'reason', case when v_answer->>0 = 'refused' and v_answer->2->>'because' <> 'twin' then 'full' else 'twin' end);
  end if;
  select seq into v_seq from job where id = v_id;
  -- Not before: a slot that gets no job takes nobody's place.
  if (p_room->>'cancel')::boolean then perform cancel_live(p_schedule, x->>'overlap', false, p_now); end if;
  select count(*), count(*) filter (where standing = 0) into v_live, v_held from slot where schedule_id = p_schedule and standing < 2;
  v_full := p_room->>'max' is not null and (v_held > 0 or v_live >= (p_room->>'max')::int);
  insert into slot (seq, schedule_id, at_ms, from_ms, is_backfill, standing)
  values (v_seq, p_schedule, (x->>'at')::bigint, (x->>'from')::bigint, (x->>'isBackfill')::boolean, case when v_full then 0 else 1 end);
  select * into t from ticket where seq = v_seq;
  update ticket set schedule_id = p_schedule, state = case when v_full then 0 else state end where seq = v_seq;
  if v_full then update schedule set max_running = (p_room->>'max')::int where id = p_schedule; end if;
  if v_full then perform tally_move(t.queue_id, t.state, 0); end if;
  return jsonb_build_object('id', v_id, 'outcome', case when v_full then 'held' else 'fired' end);
end $$
