-- Takes a key's lock, as lock_keys does, if nobody has it.
create or replace function try_key(p_key text) returns boolean language plpgsql as $$
begin
  return pg_try_advisory_xact_lock(hashtextextended(current_schema || ' ' || p_key, 7));
end $$
