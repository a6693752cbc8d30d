-- Writes one ending: { id, f fence, m outcome, to state, tc state of a job that was asked to cancel, w wait or null, c counter, sv survives, back, d digest, r reason, res, e error, g group }.
create or replace function settle_one(r jsonb, p_holder int, p_held boolean, p_now bigint) returns int language plpgsql as $$
#variable_conflict use_column
declare
  v_seq bigint; v_to int := (r->>'to')::int; v_digest text; t ticket%rowtype; v_reason text := r->>'r';
begin
  select seq into v_seq from job where id = r->>'id';
  if v_seq is null then return 4; end if;
  if p_held then
    select * into t from ticket where seq = v_seq and (state = 5) is true and (holder_id = p_holder) is true and fence = (r->>'f')::int for update;
  end if;
  if t.seq is null then
    select digest into v_digest from attempt where seq = v_seq and fence = (r->>'f')::int and holder_id = p_holder;
    if v_digest is null then
      select (last_attempt(h)).digest into v_digest from history h where seq = v_seq and fence = (r->>'f')::int and holder_id = p_holder and ending is not null;
    end if;
    return case when v_digest is null then 3 when v_digest = r->>'d' then 1 else 2 end;
  end if;
  if (r->>'back')::boolean then t.cancel_reason := coalesce(t.cancel_reason, yield_to_twin(t, p_now)); end if;
  if t.cancel_reason is not null then v_to := coalesce((r->>'tc')::int, v_to); end if;
  perform end_attempt(t, (r->>'m')::int, r->>'d', v_reason, r->>'e', p_now);
  case r->>'c'
    when 'failures' then t.failures := t.failures + 1;
    when 'snoozes' then t.snoozes := t.snoozes + 1;
    when 'releases' then t.releases := t.releases + 1;
    when 'losses' then t.losses := t.losses + 1;
    else null;
  end case;
  if v_to < 7 and (r->>'w') is not null then t.available_at_ms := p_now + ceil((r->>'w')::numeric)::bigint; end if;
  if (r->>'sv')::boolean and t.suspect then t := clear_suspect(t); end if;
  if v_to < 7 then
    if (r->>'ew')::boolean then
      select ran_on into t.avoids from runner where id = p_holder;
      select lane_by_number(t.queue_id, j.task_id, j.version, 2) into t.lane_id from job j where j.seq = v_seq;
    end if;
    perform wait_again(t, v_to, p_now);
  else
    perform finish(t, v_to, case when v_to = 9 then coalesce(t.cancel_reason, v_reason) else v_reason end, r->>'res', r->'g', p_now);
  end if;
  return 1;
end $$
