-- Where a job is, whatever its state.
create or replace function state_of(p_seq bigint) returns int language plpgsql stable as $$
#variable_conflict use_column
begin
  return (
    select coalesce((select state from ticket where seq = p_seq), (select state from history where seq = p_seq))::int
  );
end $$
