-- Gives finished jobs the time and the weight that the policy says: the rules of src/job/retention.ts.
create or replace function weigh(p_seqs bigint[], p_policy jsonb, p_bytes boolean) returns void language plpgsql as $$
#variable_conflict use_column
begin
  update history h set expires_at_ms = case when w.held is null or w.keep is null then w.keep else greatest(w.keep, w.held) end,
    bytes = case when w.rules and (w.held is null or w.held <= h.finished_at_ms) then case when p_bytes then job_bytes(h.seq) else 0 end end
  from (
    select f.seq, f.rules, k.until_ms::bigint as held,
      case when f.rule is not null and f.own is not distinct from f.usual then f.finished_at_ms + (f.rule->>'ageMs')::bigint
        else f.finished_at_ms + f.own end as keep
    from (
      select x.seq, x.state, x.finished_at_ms, coalesce(near.rule, far.rule) is not null as rules,
        case when near.rule ? 'ageMs' then near.rule when far.rule ? 'ageMs' then far.rule end as rule, usual.ms as usual,
        case when j.retain is null then usual.ms else (j.retain::jsonb->>word.name)::bigint end as own
      from unnest(p_seqs) as s(seq)
      cross join lateral (select * from history where seq = s.seq limit 1) x
      cross join lateral (select retain from job where seq = s.seq limit 1) j
      cross join lateral (select case x.state when 7 then 'completed' when 8 then 'dead' else 'cancelled' end as name) word
      cross join lateral (select case x.state when 7 then 86400000::bigint when 9 then 604800000::bigint end as ms) usual
      cross join lateral (select p_policy->'queues'->(select name from queue where id = x.queue_id)->word.name as rule) near
      cross join lateral (select p_policy->word.name as rule) far
    ) f
    left join lateral (
      select until_ms from unique_key where seq = f.seq and states & (1 << f.state::int) <> 0 limit 1) k on true
  ) w
  where h.seq = w.seq;
end $$
