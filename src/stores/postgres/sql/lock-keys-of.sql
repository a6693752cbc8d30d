-- Locks the unique keys of these jobs.
create or replace function lock_keys_of(p_ids jsonb) returns void language plpgsql as $$
#variable_conflict use_column
begin
  perform lock_keys(array(
    select u.key from jsonb_array_elements_text(p_ids) as x(id)
    cross join lateral (select seq from job where job.id = x.id limit 1) j
    cross join lateral (select key from unique_key where seq = j.seq limit 1) u));
end $$
