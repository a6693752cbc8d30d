-- Gives up waiting jobs whose ttl or deadline has passed, the most overdue first.
create or replace function expire(p_budget int, p_now bigint) returns int language plpgsql as $$
#variable_conflict use_column
declare v_n int := 0; t ticket%rowtype;
begin
  -- One at a time, for all of them are counted in the same groups of deaths.
  if not try_key('group expired') then return 0; end if;
  for t in
    select * from ticket where expires_at_ms is not null and state in (0, 1, 2, 3, 6) and expires_at_ms <= p_now
    order by expires_at_ms, seq limit p_budget for update skip locked
  loop
    perform close_job(t.seq, 0, null, null, p_now);
    perform finish(t, 8, 'expired', null, jsonb_build_array('expired', 'expired', 'the ttl or deadline passed before the job was done'), p_now);
    v_n := v_n + 1;
  end loop;
  return v_n;
end $$
