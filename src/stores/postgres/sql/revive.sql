-- Brings a final job back, with a new deadline and no failures; fence and attempt go on rising. `p_queue`: another one for it to go to.
create or replace function revive(p_seq bigint, p_queue int, p_now bigint) returns void language plpgsql as $$
#variable_conflict use_column
declare h record; j record; v_queue int; v_schedule int;
begin
  select * into h from history where seq = p_seq;
  select * into j from job where seq = p_seq;
  v_queue := coalesce(p_queue, j.queue_id);
  if h.state = 8 then perform risen(array[p_seq]); end if;
  update slot set standing = 1 where seq = p_seq returning schedule_id into v_schedule;
  insert into ticket (seq, state, queue_id, lane_id, sort_key, available_at_ms, expires_at_ms, deadline_at_ms, fence, attempt, snoozes, releases,
    unique_states, schedule_id)
  values (p_seq, 3, v_queue, lane_by_number(v_queue, j.task_id, j.version, 0), p_now + j.priority * 60000, p_now, p_now + j.deadline_ms,
    p_now + j.deadline_ms, h.fence, h.attempt, h.snoozes, h.releases, (select states from unique_key where seq = p_seq), v_schedule);
  if v_queue <> j.queue_id then update job set queue_id = v_queue where seq = p_seq; end if;
  perform set_apart(array[p_seq]);
  delete from history where seq = p_seq;
  -- Done work is done anew; what failed goes on from where it had come.
  if h.state = 7 then delete from checkpoint where seq = p_seq; end if;
  perform take_key_again(p_seq, p_now);
  insert into tally_change (queue_id, state, n) values (h.queue_id, h.state, -1), (v_queue, 3, 1);
end $$
