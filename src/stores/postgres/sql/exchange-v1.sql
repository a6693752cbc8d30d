-- Settles, then claims, in one round trip: { worker, done, rest, ask }. Without `ask` it only settles, without endings it only claims.
create or replace function exchange_v1(p text) returns text language plpgsql
set search_path from current set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
set enable_bitmapscan = off set jit = off set plan_cache_mode = force_generic_plan as $$
#variable_conflict use_column
declare
  a jsonb := p::jsonb;
  v_now bigint := coalesce((a->>'now')::bigint, now_ms());
  v_mono float8 := coalesce((a->>'mono')::float8, v_now);
  v_holder int; v_held boolean;
  v_settled jsonb; v_claimed text;
begin
  select id into v_holder from runner where worker = a->>'worker';
  -- Claims of one worker come one after the other: who repeats one whose answer was lost sees what that one has handed out.
  if a ? 'ask' then perform pg_advisory_xact_lock(hashtext(current_schema || ' claim'), v_holder); end if;
  if (a->'ask'->>'limit')::int > 0 then
    -- Who takes its jobs away must wait for the end of a claim, or it would not see what was handed out.
    select lease_ends_mono_ms > v_mono into v_held from worker where holder_id = v_holder for key share;
  else
    select lease_ends_mono_ms > v_mono into v_held from worker where holder_id = v_holder;
  end if;
  v_held := coalesce(v_held, false);
  if a ? 'done' or a ? 'rest' then
    -- Before any number is taken: see src/stores/postgres/gaps.ts.
    if v_held then perform pg_current_xact_id(); end if;
    v_settled := settle_all(a, v_holder, v_held, v_now);
  end if;
  if a ? 'ask' then v_claimed := claim_now(a->'ask', v_holder, v_held, v_now, v_mono); end if;
  return '{"settled":' || coalesce(v_settled::text, 'null') || ',"claimed":' || coalesce(v_claimed, 'null') || '}';
end $$
