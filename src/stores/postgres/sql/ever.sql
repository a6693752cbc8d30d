-- How many jobs ever came (20), or attempts ever ended (21).
create or replace function ever(p_what int) returns bigint language plpgsql stable as $$
#variable_conflict use_column
begin
  return (
    select coalesce(sum(n), 0)::bigint from (
      select n from tally where state = p_what union all select n from tally_change where state = p_what) x
  );
end $$
