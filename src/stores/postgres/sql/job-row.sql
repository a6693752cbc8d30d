-- Everything about one job but its attempts, as a row.
create or replace function job_row(p_seq bigint) returns json language plpgsql stable as $$
#variable_conflict use_column
begin
  return (
    select json_build_array(j.id, k.name, q.name, coalesce(t.state, h.state), j.payload, j.version, j.priority, j.tags, j.created_at_ms,
      coalesce(t.available_at_ms, h.available_at_ms), coalesce(t.attempt, h.attempt), coalesce(t.fence, h.fence),
      coalesce(t.failures, h.failures), coalesce(t.losses, h.losses), coalesce(t.snoozes, h.snoozes), coalesce(t.releases, h.releases),
      j.max_attempts, t.expires_at_ms, t.started_at_ms, h.finished_at_ms, t.suspect,
      (select worker from runner r where r.id = t.holder_id), t.cancel_reason, h.reason, h.result,
      (select value from checkpoint c where c.seq = j.seq), t.progress,
      case when h.ending is not null then json_build_array(h.started_at_ms, h.progress, null) when coalesce(t.attempt, h.attempt) > 0 then (
        select json_build_array(a.started_at_ms, a.progress, (
          select e.error from attempt e where e.seq = j.seq and e.outcome <> 6 and (e.error is not null or e.outcome = 0)
          order by e.fence desc limit 1))
        from attempt a where a.seq = j.seq order by a.fence desc limit 1) end,
      (select json_build_array(s.at_ms, s.from_ms, s.is_backfill, case when s.standing = 0 then (
          select b.id from slot o join job b on b.seq = o.seq
          where o.schedule_id = s.schedule_id and o.standing = 1 and o.standing < 2 order by o.seq limit 1) end)
        from slot s where s.seq = j.seq), t.avoids)
    from job j
    cross join lateral (select name from task where id = j.task_id limit 1) k
    cross join lateral (select name from queue where id = j.queue_id limit 1) q
    left join ticket t on t.seq = j.seq
    left join history h on h.seq = j.seq
    where j.seq = p_seq
  );
end $$
