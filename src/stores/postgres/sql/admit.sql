-- Lets jobs of a schedule go that waited for one that is over, in the order of their slots.
create or replace function admit(p_schedule int, p_now bigint) returns void language plpgsql as $$
#variable_conflict use_column
declare c record; h record; v_free bigint; v_at bigint; v_to int;
begin
  select * into c from schedule where id = p_schedule for update;
  if c.id is null then return; end if;
  v_free := case when c.max_running is null then 9007199254740991 else c.max_running - (
    select count(*) from slot where schedule_id = p_schedule and standing = 1 and standing < 2) end;
  if v_free <= 0 then return; end if;
  for h in
    select s.seq, t.queue_id, t.available_at_ms, j.priority
    from slot s cross join lateral (select * from ticket where seq = s.seq limit 1) t
    cross join lateral (select priority from job where seq = s.seq limit 1) j
    where s.schedule_id = p_schedule and s.standing = 0 and s.standing < 2 and (t.expires_at_ms is null or t.expires_at_ms > p_now)
    order by s.at_ms, s.seq limit v_free
  loop
    v_at := greatest(h.available_at_ms, p_now);
    v_to := case when v_at > p_now then 1 else 3 end;
    update slot set standing = 1 where seq = h.seq;
    update ticket set state = v_to, available_at_ms = v_at, sort_key = v_at + h.priority * 60000 where seq = h.seq;
    perform tally_move(h.queue_id, 0, v_to);
  end loop;
end $$
