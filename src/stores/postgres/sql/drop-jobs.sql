-- Deletes jobs with everything that belongs to them, and counts them out.
create or replace function drop_jobs(p_seqs bigint[]) returns void language plpgsql as $$
#variable_conflict use_column
declare v_schedules int[]; v_id int;
begin
  perform risen(p_seqs);
  insert into tally_change (queue_id, state, n)
  select queue_id, state, -count(*) from (
    select queue_id, state from ticket where seq = any(p_seqs) union all select queue_id, state from history where seq = any(p_seqs)
  ) x group by 1, 2;
  delete from tag using job j, jsonb_array_elements_text(j.tags::jsonb) as x(name)
  where j.seq = any(p_seqs) and j.tags is not null and tag.tag = x.name and tag.seq = j.seq;
  delete from ticket where seq = any(p_seqs);
  delete from history where seq = any(p_seqs);
  delete from attempt where seq = any(p_seqs);
  delete from log where seq = any(p_seqs);
  delete from checkpoint where seq = any(p_seqs);
  delete from slot where seq = any(p_seqs);
  delete from unique_key where seq = any(p_seqs);
  delete from revision where seq = any(p_seqs);
  delete from job where seq = any(p_seqs);
end $$
