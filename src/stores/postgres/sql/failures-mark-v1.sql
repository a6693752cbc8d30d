-- Says what a person thinks of groups: { marks }; how many groups each was about.
create or replace function failures_mark_v1(p text) returns text language plpgsql set search_path from current set enable_seqscan = off set jit = off set plan_cache_mode = force_generic_plan as $$
#variable_conflict use_column
declare a jsonb := p::jsonb; v_now bigint := coalesce((a->>'now')::bigint, now_ms()); m jsonb; v_n int; v_out int[] := '{}';
begin
  for m in select value from jsonb_array_elements(a->'marks') loop
    update failure f set status = (m->>'status')::int, regressed_at_ms = null
    from task k, queue q
    where k.id = f.task_id and q.id = f.queue_id and f.fingerprint = m->>'fingerprint'
      and (m->>'task' is null or k.name = m->>'task') and (m->>'queue' is null or q.name = m->>'queue');
    get diagnostics v_n = row_count;
    if v_n > 0 then
      insert into audit (at_ms, by, verb, target) values (v_now, m->>'by', 'mark ' || (m->>'said'), m->>'fingerprint');
    end if;
    v_out := v_out || v_n;
  end loop;
  return to_json(v_out)::text;
end $$
