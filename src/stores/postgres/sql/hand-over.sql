-- Makes a role the owner of the schema and of all in it, so that it may migrate. For a superuser, or for the owner where it is a member of that role.
create or replace function hand_over(p_role text) returns void language plpgsql set search_path from current as $$
declare v_schema regnamespace := quote_ident(current_schema())::regnamespace; v_name text;
begin
  -- An owner needs no grant, and one that is taken away later would take its own rights.
  update meta set value = (value::jsonb - p_role)::text where key = 'rights' and value::jsonb ? p_role;
  -- A sequence of a column goes with its table.
  for v_name in select c.oid::regclass::text from pg_class c where c.relnamespace = v_schema and (c.relkind in ('r', 'p', 'v') or c.relkind = 'S'
    and not exists (select 1 from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype in ('a', 'i')))
  loop
    execute format('alter table %s owner to %I', v_name, p_role);
  end loop;
  for v_name in select oid::regprocedure::text from pg_proc where pronamespace = v_schema loop
    execute format('alter function %s owner to %I', v_name, p_role);
  end loop;
  execute format('alter schema %s owner to %I', v_schema, p_role);
end $$
