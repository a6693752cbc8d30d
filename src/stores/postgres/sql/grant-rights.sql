-- Gives a role what it needs to be a producer, a worker or a dashboard, and takes away what it had before; 'none' only takes away. For the owner of the schema.
create or replace function grant_rights(p_kind text, p_role text) returns void language plpgsql set search_path from current as $$
declare
  v_schema text := quote_ident(current_schema()); v_role text := quote_ident(p_role); f record;
  v_verbs text := case p_kind
    when 'producer' then 'enqueue|(enqueue|in_tx|lanes)_v[0-9]+'
    when 'worker' then 'enqueue|[a-z_]+_v[0-9]+'
    when 'dashboard' then '(act|audit|bulk_get|bulk_put|changes|counts|dead_page|edit|failures|failures_mark|find|get|groups|queues|retention_get|retention_kept'
      || '|retention_put|schedule_history|schedule_list|schedule_set|size|workers)_v[0-9]+'
    when 'none' then '' end;
begin
  if v_verbs is null then
    raise exception sqlstate '22023' using message = format('expected producer, worker, dashboard or none, got %s', p_kind);
  end if;
  if exists (select 1 from pg_namespace n join pg_roles r on r.oid = n.nspowner where n.nspname = current_schema() and r.rolname = p_role) then
    raise exception sqlstate '22023' using message = format('%s owns the schema, and may do everything', p_role),
      hint = 'Give the rights to another role: the owner would lose its own.';
  end if;
  execute format('revoke all on all tables in schema %s from %s', v_schema, v_role);
  execute format('revoke all on all functions in schema %s from %s', v_schema, v_role);
  execute format('revoke all on schema %s from %s', v_schema, v_role);
  if p_kind <> 'none' then
    execute format('grant usage on schema %s to %s', v_schema, v_role);
    execute format('grant select on meta to %s', v_role);
  end if;
  for f in select oid::regprocedure as name from pg_proc where pronamespace = v_schema::regnamespace and proname ~ ('^(' || v_verbs || ')$') loop
    execute format('grant execute on function %s to %s', f.name, v_role);
  end loop;
  insert into meta (key, value) values ('rights', case p_kind when 'none' then '{}' else jsonb_build_object(p_role, p_kind)::text end)
  on conflict (key) do update set value = case p_kind when 'none' then (meta.value::jsonb - p_role)::text else (meta.value::jsonb || excluded.value::jsonb)::text end;
end $$
