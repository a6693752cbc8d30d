-- Forgets the deaths of jobs that come back, or are removed.
create or replace function risen(p_seqs bigint[]) returns void language plpgsql as $$
#variable_conflict use_column
begin
  perform lock_keys(array(select 'group ' || f.fingerprint from dead d cross join lateral (select fingerprint from failure where id = d.failure_id limit 1) f
    where d.seq = any(p_seqs)));
  with gone as (delete from dead where seq = any(p_seqs) returning failure_id),
  locked as (
    select f.id, c.n from failure f join (select failure_id, count(*) as n from gone group by 1) c on c.failure_id = f.id
  )
  update failure f set dead = f.dead - l.n from locked l where f.id = l.id;
end $$
