-- Pauses, resumes and limits queues; written to the audit log. Settings are [name, paused or null, limits or null, said]; absent where untouched.
create or replace function queues_v1(p text) returns text language plpgsql set search_path from current set enable_seqscan = off set jit = off set plan_cache_mode = force_generic_plan as $$
#variable_conflict use_column
declare a jsonb := p::jsonb; v_now bigint := coalesce((a->>'now')::bigint, now_ms()); s jsonb; v_id int; x jsonb;
begin
  for s in select value from jsonb_array_elements(a->'settings') loop
    v_id := queue_number(s->>'name');
    if jsonb_typeof(s->'declared') = 'object' then
      -- True where the declaration before is still the one that this one was decided against.
      update queue set declared_digest = s->'declared'->>'digest', declared_deployed_ms = (s->'declared'->>'deployedAt')::bigint
      where id = v_id and declared_digest is not distinct from (s->'declared'->>'instead');
      continue when not found;
    elsif s ? 'declared' then
      update queue set declared_digest = null, declared_deployed_ms = null where id = v_id;
    end if;
    if s ? 'paused' then
      x := s->'paused';
      update queue set paused_reason = x->>'reason', paused_by = x->>'by',
        paused_at_ms = case when jsonb_typeof(x) = 'object' then v_now end where id = v_id;
      insert into audit (at_ms, by, verb, target, reason)
      values (v_now, coalesce(x->>'by', ''), case when jsonb_typeof(x) = 'object' then 'pause' else 'resume' end, s->>'name', x->>'reason');
    end if;
    if s ? 'limits' then
      x := s->'limits';
      update queue set limited = jsonb_typeof(x) = 'object', max_waiting = (x->>'maxWaiting')::bigint,
        rate_max = (x->'enqueueRate'->>'max')::bigint, rate_every_ms = (x->'enqueueRate'->>'everyMs')::bigint,
        came = case when jsonb_typeof(x->'enqueueRate') = 'object' then came end where id = v_id;
      insert into audit (at_ms, by, verb, target, reason)
      values (v_now, coalesce(x->>'by', ''), case when jsonb_typeof(x) = 'object' then 'limit' else 'unlimit' end, s->>'name', s->>'said');
    end if;
  end loop;
  return 'null';
end $$
