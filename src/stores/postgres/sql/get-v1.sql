-- Jobs by id, in that order: { ids, attempts, logs, revisions }; null for an unknown one, or [row, attempts, logs, revisions].
create or replace function get_v1(p text) returns text language plpgsql set search_path from current set enable_seqscan = off set jit = off set plan_cache_mode = force_generic_plan as $$
#variable_conflict use_column
begin
  return (
    select coalesce(json_agg(case when j.seq is not null then json_build_array(
      job_row(j.seq),
      case when (p::jsonb->>'attempts')::boolean then attempt_rows(j.seq) end,
      case when (p::jsonb->>'logs')::boolean then (
        select json_agg(json_build_array(l.attempt, l.at_ms, l.level, l.message, l.data) order by l.attempt, l.n) from log l where l.seq = j.seq) end,
      case when (p::jsonb->>'revisions')::boolean then (
        select json_agg(json_build_array(r.at_ms, r.by, r.reason, r.version, r.payload) order by r.n) from revision r where r.seq = j.seq) end
    ) end order by i.o), '[]')::text
    from jsonb_array_elements_text(p::jsonb->'ids') with ordinality as i(id, o)
    left join lateral (select seq from job where job.id = i.id limit 1) j on true
  );
end $$
