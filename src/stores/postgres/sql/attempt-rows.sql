-- The attempts of a job, oldest first.
create or replace function attempt_rows(p_seq bigint) returns json language plpgsql stable as $$
#variable_conflict use_column
begin
  return (
    select json_agg(attempt_row(a) order by a.fence) from attempt a where a.seq = p_seq
  );
end $$
