-- Removes finished jobs that a policy does not keep: { seqs }.
create or replace function drop_v1(p text) returns text language plpgsql set search_path from current set enable_seqscan = off set jit = off set plan_cache_mode = force_generic_plan as $$
declare a jsonb := p::jsonb; v_seqs bigint[];
begin
  v_seqs := array(
    select seq from history where seq = any(array(select value::bigint from jsonb_array_elements_text(a->'seqs'))) order by seq for update);
  perform drop_jobs(v_seqs);
  return cardinality(v_seqs)::text;
end $$
