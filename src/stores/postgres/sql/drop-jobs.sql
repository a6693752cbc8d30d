-- Deletes jobs with everything that belongs to them, and counts them out.
create or replace function drop_jobs(p_seqs bigint[]) returns void language plpgsql as $$
#variable_conflict use_column
declare t record;
begin
  perform risen(p_seqs);
  insert into tally_change (queue_id, state, n)
  select queue_id, state, -count(*) from (
    select queue_id, state from ticket where seq = any(p_seqs) union all select queue_id, state from history where seq = any(p_seqs)
  ) x group by 1, 2;
  for t in
    select j.seq, x.name from unnest(p_seqs) as s(seq) cross join lateral (select seq, tags from job where seq = s.seq and tags is not null limit 1) j
    cross join lateral jsonb_array_elements_text(j.tags::jsonb) as x(name)
  loop
    delete from tag where tag = t.name and seq = t.seq;
  end loop;
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
