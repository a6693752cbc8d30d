-- The tallies of every queue, or of { queues }: [name, paused reason, by, at, limited, max waiting, rate max, rate every, {state: n}, oldest ready].
create or replace function counts_v1(p text) returns text language plpgsql set search_path from current set enable_seqscan = off set jit = off set plan_cache_mode = force_generic_plan as $$
#variable_conflict use_column
begin
  return (
    select coalesce(json_agg(json_build_array(q.name, q.paused_reason, q.paused_by, q.paused_at_ms, q.limited, q.max_waiting, q.rate_max,
      q.rate_every_ms, q.declared_digest, q.declared_deployed_ms, c.states, (
        select min(t.available_at_ms) from lane l cross join lateral (
          select available_at_ms from ticket where lane_id = l.id and state = 3 order by sort_key, seq limit 1000) t
        where l.queue_id = q.id)) order by q.name), '[]')::text
    from queue q
    left join (
      select queue_id, json_object_agg(state, n) as states from (
        select queue_id, state, sum(n) as n from (
          select queue_id, state, n from tally union all select queue_id, state, n from tally_change) x
        where state < 20 group by 1, 2 having sum(n) <> 0) y
      group by 1
    ) c on c.queue_id = q.id
    where (p::jsonb->'queues' is null or p::jsonb->'queues' ? q.name)
      and (c.states is not null or q.limited or q.paused_at_ms is not null or q.declared_digest is not null)
  );
end $$
