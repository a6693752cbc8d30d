-- Cancels the jobs of a schedule that have no final state; those that wait go first, so that none takes the place of one that ends.
create or replace function cancel_live(p_schedule int, p_reason text, p_only_held boolean, p_now bigint) returns void language plpgsql as $$
#variable_conflict use_column
declare v_id text;
begin
  for v_id in
    select j.id from slot s cross join lateral (select id from job where seq = s.seq limit 1) j
    where s.schedule_id = p_schedule and s.standing < 2 and (s.standing = 0 or not p_only_held)
    order by s.standing, s.at_ms, s.seq
  loop
    perform act_one('cancel', v_id, 'schedule', p_reason, p_now);
  end loop;
end $$
