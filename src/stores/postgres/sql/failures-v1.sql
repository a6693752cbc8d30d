-- Groups of dead jobs: { task, queue, fingerprint, since, limit, hour }. Numbers of names that were never heard of fit nothing.
create or replace function failures_v1(p text) returns text language plpgsql set search_path from current set enable_seqscan = off set jit = off set plan_cache_mode = force_generic_plan as $$
#variable_conflict use_column
declare a jsonb := p::jsonb; v_now bigint := coalesce((a->>'now')::bigint, now_ms());
begin
  return json_build_object('now', v_now, 'groups', (
    select coalesce(json_agg(json_build_array(k.name, q.name, f.fingerprint, f.name, f.message, f.dead, f.total, f.first_at_ms, f.last_at_ms,
      f.status, f.regressed_at_ms,
      (select id from job where seq = (select d.seq from dead d where d.failure_id = f.id order by d.id desc limit 1)),
      (select json_agg(json_build_array(h.hour, h.n)) from failure_hour h where h.failure_id = f.id)
    ) order by f.dead desc, f.last_at_ms desc, k.name, q.name, f.fingerprint), '[]')
    from (
      select x.* from failure x
      join task k on k.id = x.task_id join queue q on q.id = x.queue_id
      where (a->>'task' is null or k.name = a->>'task') and (a->>'queue' is null or q.name = a->>'queue')
        and (a->>'fingerprint' is null or x.fingerprint = a->>'fingerprint') and (a->>'since' is null or x.last_at_ms >= (a->>'since')::float8)
      order by x.dead desc, x.last_at_ms desc, k.name, q.name, x.fingerprint limit 1000
    ) f join task k on k.id = f.task_id join queue q on q.id = f.queue_id))::text;
end $$
