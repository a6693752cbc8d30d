-- Writes one new job of a kind, and answers its number.
create or replace function insert_one(k jsonb, r jsonb, p_queue int, p_task int, p_lane int, p_now bigint) returns bigint language plpgsql as $$
#variable_conflict use_column
declare
  v_seq bigint;
  v_at bigint := available_at(k, r, p_now);
  v_state int := case when v_at > p_now then 1 else 3 end;
begin
  insert into job (created_at_ms, ttl_ms, deadline_ms, task_id, queue_id, version, max_attempts, priority, on_crash, id, tags, retain, payload)
  values (p_now, (k->>'ttlMs')::bigint, (k->>'deadlineMs')::bigint, p_task, p_queue, (k->>'version')::int, (k->>'maxAttempts')::int,
    (k->>'priority')::int, (k->>'onCrash')::int, r->>1, k->>'tags', k->>'retain', r->>2)
  on conflict (id) do nothing returning seq into v_seq;
  if v_seq is null then return null; end if;
  insert into ticket (seq, sort_key, available_at_ms, expires_at_ms, deadline_at_ms, queue_id, lane_id, state)
  values (v_seq, v_at + (k->>'priority')::int * 60000, v_at,
    least(p_now + (k->>'ttlMs')::bigint, p_now + (k->>'deadlineMs')::bigint), p_now + (k->>'deadlineMs')::bigint, p_queue, p_lane, v_state);
  insert into tag (tag, seq) select t, v_seq from jsonb_array_elements_text(coalesce((k->>'tags')::jsonb, '[]')) as t on conflict do nothing;
  insert into tally_change (queue_id, state, n) values (p_queue, v_state, 1), (p_queue, 20, 1);
  return v_seq;
end $$
