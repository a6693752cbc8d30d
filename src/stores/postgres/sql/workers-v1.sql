-- Who is registered: [id, host, pid, version, concurrency, started, beat, lease ends (monotonic), about, running].
create or replace function workers_v1(p text) returns text language plpgsql set search_path from current set enable_seqscan = off set jit = off set plan_cache_mode = force_generic_plan as $$
#variable_conflict use_column
begin
  return (
    select json_build_object('now', now_ms(), 'workers', (
      select json_agg(json_build_array(r.worker, w.host, w.pid, w.version, w.concurrency, w.started_at_ms, w.beat_at_ms, w.lease_ends_mono_ms, w.about,
        (select count(*) from ticket t where t.state = 5 and t.holder_id = w.holder_id), w.ending) order by w.holder_id)
      from worker w cross join lateral (select worker from runner where id = w.holder_id limit 1) r))::text
  );
end $$
