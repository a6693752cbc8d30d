-- How many jobs are dead in the groups that fit, and the newest death ever: { task, queue, fingerprint }.
create or replace function groups_v1(p text) returns text language plpgsql set search_path from current set enable_seqscan = off set jit = off set plan_cache_mode = force_generic_plan as $$
#variable_conflict use_column
begin
  return (
    select json_build_object('now', coalesce((p::jsonb->>'now')::bigint, now_ms()), 'last', last_death(), 'dead', (
      select coalesce(sum(f.dead), 0) from failure f join task k on k.id = f.task_id join queue q on q.id = f.queue_id
      where (p::jsonb->>'task' is null or k.name = p::jsonb->>'task') and (p::jsonb->>'queue' is null or q.name = p::jsonb->>'queue')
        and (p::jsonb->>'fingerprint' is null or f.fingerprint = p::jsonb->>'fingerprint')))::text
  );
end $$
