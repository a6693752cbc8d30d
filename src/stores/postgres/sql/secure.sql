-- Leaves nothing to whom nothing was granted. Verbs run with the rights of their owner, so that who may call one needs none on tables; in_tx_v1 only
-- calls others, with the rights of its caller. What was granted holds for functions that are new, too.
create or replace function secure() returns void language plpgsql set search_path from current as $$
declare f record;
begin
  for f in select oid::regprocedure as name, proname ~ '(^enqueue|_v[0-9]+)$' and proname !~ '^in_tx' as is_verb, prosecdef
    from pg_proc where pronamespace = quote_ident(current_schema())::regnamespace
  loop
    -- Always, for default privileges of the database may have given some.
    execute format('revoke all on function %s from public', f.name);
    if f.is_verb and not f.prosecdef then execute format('alter function %s security definer', f.name); end if;
  end loop;
  -- A role that became the owner since has all of them.
  perform grant_rights(g.value, g.key) from meta m cross join lateral jsonb_each_text(m.value::jsonb) g join pg_roles r on r.rolname = g.key
  where m.key = 'rights' and r.oid <> (select nspowner from pg_namespace where nspname = current_schema());
end $$
