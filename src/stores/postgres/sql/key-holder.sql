-- The job that holds a key now: who had it last holds it while its state and the time allow.
create or replace function key_holder(p_key text, p_now bigint) returns bigint language plpgsql stable as $$
#variable_conflict use_column
begin
  return (
    select seq from unique_key
    where key = p_key and held and (until_ms is null or until_ms > p_now) and states & (1 << key_state(seq, p_now)) <> 0
  );
end $$
