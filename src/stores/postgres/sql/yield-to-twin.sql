-- Why a job that comes back into line is cancelled instead: a newer twin holds its key.
create or replace function yield_to_twin(t ticket, p_now bigint) returns text language plpgsql stable as $$
#variable_conflict use_column
begin
  return (
    select 'replaced by ' || j.id from job j
    where t.unique_states is not null and t.unique_states & 32 = 0 and j.seq = own_twin(t.seq, p_now)
  );
end $$
