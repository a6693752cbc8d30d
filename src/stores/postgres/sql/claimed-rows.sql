-- Jobs as they are handed to their worker, in the order given; the first so many are handed out again.
create or replace function claimed_rows(p_seqs bigint[], p_again int) returns json language plpgsql stable as $$
#variable_conflict use_column
begin
  return (
    select json_agg(json_build_array(j.id, k.name, q.name, j.version, t.fence, t.attempt, t.failures, t.losses, j.max_attempts,
      j.created_at_ms, t.started_at_ms, t.expires_at_ms, j.payload, t.suspect,
      case when t.attempt > 1 or u.o <= p_again then (select value from checkpoint c where c.seq = t.seq) end,
      case when t.attempt > 1 then (
        select json_build_array(x.outcome, x.ended_at_ms, coalesce((select worker from runner r where r.id = x.holder_id), 'forgotten'), x.error, x.reason)
        from attempt x where x.seq = t.seq order by x.fence desc limit 1) end,
      case when t.schedule_id is not null then (
        select json_build_array(s.at_ms, s.from_ms, s.is_backfill) from slot s where s.seq = t.seq) end, j.on_crash, j.seq, j.retain is not null
    ) order by u.o)
    from unnest(p_seqs) with ordinality as u(seq, o)
    cross join lateral (select * from ticket where seq = u.seq limit 1) t
    cross join lateral (select * from job where seq = u.seq limit 1) j
    cross join lateral (select name from task where id = j.task_id limit 1) k
    cross join lateral (select name from queue where id = t.queue_id limit 1) q
  );
end $$
