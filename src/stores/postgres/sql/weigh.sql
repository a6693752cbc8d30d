-- Gives finished jobs the time and the weight that the policy says: the rules of src/job/retention.ts.
create or replace function weigh(p_seqs bigint[], p_policy jsonb, p_bytes boolean) returns void language plpgsql as $$
#variable_conflict use_column
begin
  update history h set is_apart = case when ending is not null then true end, (expires_at_ms, bytes) = (
    select case when k.held is null or keep.at is null then keep.at else greatest(keep.at, k.held) end,
      case when coalesce(near.rule, far.rule) is not null and (k.held is null or k.held <= h.finished_at_ms)
        then case when p_bytes then job_bytes(h.seq) else 0 end end
    from (select case h.state when 7 then 'completed' when 8 then 'dead' else 'cancelled' end as name,
        case h.state when 7 then 86400000::bigint when 9 then 604800000::bigint end as usual) word
    cross join lateral (select p_policy->'queues'->(select name from queue where id = h.queue_id)->word.name as rule) near
    cross join lateral (select p_policy->word.name as rule) far
    cross join lateral (select case when near.rule ? 'ageMs' then near.rule when far.rule ? 'ageMs' then far.rule end as rule) age
    cross join lateral (select retain from job where seq = h.seq limit 1) j
    cross join lateral (select case when j.retain is null then word.usual else (j.retain::jsonb->>word.name)::bigint end as ms) own
    cross join lateral (select h.finished_at_ms + case when age.rule is not null and own.ms is not distinct from word.usual
      then (age.rule->>'ageMs')::bigint else own.ms end as at) keep
    left join lateral (
      select until_ms::bigint as held from unique_key where seq = h.seq and states & (1 << h.state::int) <> 0 limit 1) k on true
  )
  where h.seq = any(p_seqs);
end $$
