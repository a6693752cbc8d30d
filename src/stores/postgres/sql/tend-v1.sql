-- A bounded piece of upkeep besides leases: promotes, expires, removes what was kept long enough, folds the counters. Does nothing but say so
-- where a lease is overdue and `unlessOverdue`. { budget, forgetMs, unlessOverdue }
create or replace function tend_v1(p text) returns text language plpgsql set search_path from current set enable_seqscan = off set jit = off set plan_cache_mode = force_generic_plan as $$
#variable_conflict use_column
declare
  v_policy boolean; v_walks boolean := false; a jsonb := p::jsonb; v_now bigint := coalesce((a->>'now')::bigint, now_ms()); v_budget int := (a->>'budget')::int;
  v_promoted int; v_expired int; v_over bigint[]; v_groups int[];
begin
  if (a->>'unlessOverdue')::boolean and exists (select 1 from worker where lease_ends_mono_ms <= coalesce((a->>'mono')::float8, v_now)) then
    return '{"isOverdue":true}';
  end if;
  v_promoted := promote(v_budget, v_now);
  v_expired := expire(v_budget, v_now);
  if exists (select 1 from place where walk = 'retention-walk') then
    v_walks := retention_walk(v_budget, (select at::jsonb->>'asksBytes' from place where walk = 'retention')::boolean);
  end if;
  v_over := array(
    select seq from history where expires_at_ms is not null and expires_at_ms <= v_now
    order by expires_at_ms, seq limit v_budget for update skip locked);
  v_over := v_over || over_together(v_budget - cardinality(v_over), v_now);
  v_walks := v_walks or cardinality(v_over) >= v_budget;
  v_over := array_remove(v_over, null);
  if cardinality(v_over) > 0 then perform drop_jobs(v_over); end if;
  v_groups := array(
    select id from failure where dead = 0 and last_at_ms <= v_now - (a->>'forgetMs')::bigint limit v_budget for update skip locked);
  if cardinality(v_groups) > 0 then
    delete from failure_hour where failure_id = any(v_groups);
    delete from failure where id = any(v_groups);
  end if;
  perform forget(a, v_now);
  perform fold_tally();
  perform take_sample((a->'samples'->>'everyMs')::bigint, (a->'samples'->>'ageMs')::bigint, v_now);
  return json_build_object('now', v_now, 'promoted', v_promoted, 'expired', v_expired, 'removed', cardinality(v_over), 'walks', v_walks,
    'standing', (select at from place where walk = 'retention'),
    'open', (select json_agg(record order by n) from bulk where is_open))::text;
end $$
