-- Adds jobs of one kind that are all new, as nearly all are, or fails where one is not. See enqueue-v1.sql.
create or replace function enqueue_alike(p_ids jsonb, p_payloads jsonb, k jsonb, p_queue int, p_task int, p_lane int, p_now bigint, p_at bigint) returns void
language plpgsql as $$
#variable_conflict use_column
declare
  v_version int := k->>'version'; v_max int := k->>'maxAttempts'; v_priority int := k->>'priority'; v_crash int := k->>'onCrash'; v_retain text := k->>'retain';
  v_ttl bigint := k->>'ttlMs'; v_deadline bigint := k->>'deadlineMs'; v_state int := case when p_at > p_now then 1 else 3 end;
  v_sort_key bigint := p_at + v_priority * 60000; v_expires bigint := least(p_now + v_ttl, p_now + v_deadline);
begin
  with said as (
    insert into job (created_at_ms, ttl_ms, deadline_ms, task_id, queue_id, version, max_attempts, priority, on_crash, id, retain, payload)
    select p_now, v_ttl, v_deadline, p_task, p_queue, v_version, v_max, v_priority, v_crash, id, v_retain, payload
    from rows from (jsonb_array_elements_text(p_ids), jsonb_array_elements_text(p_payloads)) as e(id, payload)
    returning seq
  )
  insert into ticket (seq, sort_key, available_at_ms, expires_at_ms, deadline_at_ms, queue_id, lane_id, state)
  select seq, v_sort_key, p_at, v_expires, p_now + v_deadline, p_queue, p_lane, v_state from said;
  insert into tally_change (queue_id, state, n) select p_queue, s, jsonb_array_length(p_ids) from (values (v_state), (20)) as v(s);
end $$
