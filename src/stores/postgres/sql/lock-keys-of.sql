-- Locks the unique keys of these jobs, and the groups of those that are dead; then the jobs, in one order.
create or replace function lock_keys_of(p_ids jsonb) returns void language plpgsql as $$
#variable_conflict use_column
begin
  perform lock_keys(array(
    select u.key from jsonb_array_elements_text(p_ids) as x(id)
    cross join lateral (select seq from job where job.id = x.id limit 1) j
    cross join lateral (select key from unique_key where seq = j.seq
      union all select 'group ' || f.fingerprint from dead d cross join lateral (select fingerprint from failure where id = d.failure_id limit 1) f where d.seq = j.seq) u));
  perform 1 from job where id = any(array(select value from jsonb_array_elements_text(p_ids))) order by id for update;
end $$
