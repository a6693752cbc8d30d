-- Whoever asks who holds a key, or gives it to somebody, does it alone; in one order, so that nobody waits in a circle.
create or replace function lock_keys(p_keys text[]) returns void language plpgsql as $$
#variable_conflict use_column
declare v_key bigint;
begin
  for v_key in select distinct hashtextextended(current_schema || ' ' || key, 7) as h from unnest(p_keys) as key order by h loop
    perform pg_advisory_xact_lock(v_key);
  end loop;
end $$
