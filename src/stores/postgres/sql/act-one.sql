-- Does one verb to one job: [outcome, state, twin].
create or replace function act_one(p_verb text, p_id text, p_by text, p_reason text, p_now bigint) returns jsonb language plpgsql as $$
#variable_conflict use_column
declare v_seq bigint; t ticket%rowtype; v_state int; v_outcome text := 'refused'; v_twin text; v_verb text := p_verb;
begin
  select seq into v_seq from job where id = p_id for update;
  if v_seq is null then return '["gone"]'; end if;
  select * into t from ticket where seq = v_seq for update;
  v_state := state_of(v_seq);
  if v_verb = 'retry' and v_state >= 7 then
    select id into v_twin from job where seq = own_twin(v_seq, p_now);
    if v_twin is not null then return jsonb_build_array('refused', v_state, v_twin); end if;
    perform revive(v_seq, null, p_now);
    v_outcome := 'done'; v_state := 3;
  elsif v_verb = 'cancel' and v_state < 7 then
    if v_state = 5 then
      update ticket set cancel_reason = coalesce(cancel_reason, p_reason, 'by ' || p_by) where seq = v_seq;
      v_outcome := 'asked';
    else
      perform close_job(v_seq, 1, p_by, p_reason, p_now);
      perform finish(t, 9, coalesce(p_reason, 'by ' || p_by), null, null, p_now);
      v_outcome := 'done'; v_state := 9;
    end if;
  elsif v_verb in ('promote', 'retry') and v_state = 1 and (v_verb = 'promote' or 1 = (
    select outcome from attempt where seq = v_seq order by fence desc limit 1)) then
    update ticket set state = 3, available_at_ms = p_now, sort_key = p_now + (select priority from job where seq = v_seq) * 60000 where seq = v_seq;
    perform tally_move(t.queue_id, 1, 3);
    v_outcome := 'done'; v_state := 3;
  elsif v_verb = 'remove' and v_state <> 5 then
    if v_state < 7 then
      perform close_job(v_seq, 2, p_by, p_reason, p_now);
      if t.schedule_id is not null then update slot set standing = 2 where seq = v_seq; end if;
      v_state := 9;
    end if;
    perform drop_jobs(array[v_seq]);
    if t.schedule_id is not null then perform admit(t.schedule_id, p_now); end if;
    v_outcome := 'done';
  end if;
  if v_outcome <> 'refused' then
    insert into audit (at_ms, by, verb, target, reason) values (p_now, p_by, p_verb, p_id, p_reason);
  end if;
  return jsonb_build_array(v_outcome, v_state);
end $$
