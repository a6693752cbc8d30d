-- Until when a job that has just ended is kept; null: until somebody removes it. The defaults are those of src/job/defaults.ts.
create or replace function keep_until(p_retain text, p_state int, p_now bigint) returns bigint language sql immutable as $$
  select case
    when p_retain is null then case p_state when 7 then p_now + 86400000 when 9 then p_now + 604800000 end
    else p_now + (p_retain::jsonb->>(case p_state when 7 then 'completed' when 8 then 'dead' else 'cancelled' end))::numeric::bigint
  end
$$
