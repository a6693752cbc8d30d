-- Notes what the store holds, now and then.
create or replace function take_sample(p_every bigint, p_age bigint, p_now bigint) returns void language plpgsql as $$
#variable_conflict use_column
declare v_last bigint := (select max(at_ms) from sample);
begin
  if v_last > p_now - p_every and v_last <= p_now then return; end if;
  if not pg_try_advisory_xact_lock(hashtextextended(current_schema || ' sample', 7)) then return; end if;
  delete from sample where at_ms <= p_now - p_age or at_ms >= p_now;
  insert into sample select (sample_now(p_now)).* on conflict do nothing;
end $$
