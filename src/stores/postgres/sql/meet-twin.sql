-- What becomes of a newcomer whose key is held; null where it is not.
create or replace function meet_twin(k jsonb, r jsonb, p_lane int, p_now bigint) returns jsonb language plpgsql as $$
#variable_conflict use_column
declare
  v_seq bigint := key_holder(r->4->>'key', p_now);
  v_conflict text := r->4->>'onConflict';
  v_state int; v_new int; v_priority int; v_at bigint; v_version int := (k->>'version')::int;
  j record; t record;
begin
  if v_seq is null then return null; end if;
  select b.*, n.name as task into j from job b join task n on n.id = b.task_id where b.seq = v_seq;
  if v_conflict = 'throw' then
    return jsonb_build_array('refused', r->>1, jsonb_build_object('because', 'twin', 'twin', j.id));
  end if;
  -- Only who changes it locks it: a transaction that stays open keeps no twin from its end.
  v_state := key_state(v_seq, p_now);
  if v_state in (1, 3) and v_conflict <> 'return' then
    select * into t from ticket where seq = v_seq for update;
    v_state := key_state(v_seq, p_now);
  end if;
  -- It may have ended or gone until then.
  if key_holder(r->4->>'key', p_now) is distinct from v_seq then return meet_twin(k, r, p_lane, p_now); end if;
  if v_conflict = 'return' or v_state not in (1, 3) then return jsonb_build_array('existing', j.id, v_state, j.task); end if;
  -- A waiting twin takes what the newcomer says; one that ran before keeps its time: src/job/unique.ts.
  v_priority := case when v_conflict = 'latest' then j.priority else (k->>'priority')::int end;
  v_at := case when v_conflict = 'latest' or t.attempt > 0 then t.available_at_ms else ceil(greatest(p_now, least(
    coalesce((r->>3)::numeric, p_now + coalesce((k->>'delayMs')::numeric, 0)),
    j.created_at_ms + (r->4->>'maxWaitMs')::numeric))) end;
  v_new := case when v_at > p_now then 1 else 3 end;
  delete from tag using jsonb_array_elements_text(coalesce(j.tags::jsonb, '[]')) as old(name) where tag.tag = old.name and tag.seq = v_seq;
  delete from checkpoint where seq = v_seq;
  update job set version = v_version, max_attempts = (k->>'maxAttempts')::int, priority = v_priority, ttl_ms = (k->>'ttlMs')::bigint,
    deadline_ms = (k->>'deadlineMs')::bigint, tags = k->>'tags', retain = k->>'retain', on_crash = (k->>'onCrash')::int, payload = r->>2
  where seq = v_seq;
  insert into tag (tag, seq) select x, v_seq from jsonb_array_elements_text(coalesce((k->>'tags')::jsonb, '[]')) as x on conflict do nothing;
  update ticket set state = v_new, available_at_ms = v_at, sort_key = v_at + v_priority * 60000,
    lane_id = lane_by_number(t.queue_id, j.task_id, v_version, case when t.suspect then 1 else 0 end), avoids = null,
    expires_at_ms = least(case when t.attempt = 0 then p_now + (k->>'ttlMs')::bigint end, p_now + (k->>'deadlineMs')::bigint),
    deadline_at_ms = p_now + (k->>'deadlineMs')::bigint
  where seq = v_seq;
  perform tally_move(t.queue_id, v_state, v_new);
  return jsonb_build_array('replaced', j.id, v_new, j.task);
end $$
