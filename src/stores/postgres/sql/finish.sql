-- Moves a live job into the history, with the counters that the row carries; `g` names the group of a death: [fingerprint, name, message].
create or replace function finish(t ticket, p_state int, p_reason text, p_result text, g jsonb, p_now bigint) returns void language plpgsql as $$
#variable_conflict use_column
declare v_policy jsonb; v_keep bigint; v_until float8; v_state int := (select state from ticket where seq = t.seq);
begin
  select keep_until(retain, p_state, p_now) into v_keep from job where seq = t.seq;
  if t.unique_states & (1 << p_state) <> 0 and v_keep is not null then
    -- A finished job is kept as long as it holds its key for a time.
    select until_ms into v_until from unique_key where seq = t.seq;
    v_keep := greatest(v_keep, v_until::bigint);
  end if;
  insert into history (seq, state, queue_id, available_at_ms, finished_at_ms, expires_at_ms, fence, attempt, failures, losses, snoozes,
    releases, reason, result)
  values (t.seq, p_state, t.queue_id, t.available_at_ms, p_now, v_keep, t.fence, t.attempt, t.failures, t.losses, t.snoozes,
    t.releases, p_reason, p_result);
  delete from ticket where seq = t.seq;
  select at::jsonb into v_policy from place where walk = 'retention';
  if v_policy is not null then perform weigh(array[t.seq], v_policy->'policy', (v_policy->>'asksBytes')::boolean); end if;
  perform tally_move(t.queue_id, v_state, p_state);
  if p_state = 8 then perform died(t.seq, t.queue_id, coalesce(g, jsonb_build_array(p_reason, p_reason, '')), p_now); end if;
  if t.schedule_id is not null then
    update slot set standing = 2 where seq = t.seq;
    perform admit(t.schedule_id, p_now);
  end if;
end $$
