-- The attempts of a job, oldest first.
create or replace function attempt_rows(p_seq bigint) returns json language plpgsql stable as $$
#variable_conflict use_column
begin
  return (
    select json_agg(attempt_row(x.a) order by (x.a).fence) from (
      select a from attempt a where a.seq = p_seq union all select last_attempt(h) from history h where h.seq = p_seq and h.ending is not null) x
  );
end $$
