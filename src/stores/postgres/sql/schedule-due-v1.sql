-- Schedules whose next slot has come, the most overdue first, and when the next one has its slot: { limit }.
create or replace function schedule_due_v1(p text) returns text language plpgsql set search_path from current set enable_seqscan = off set jit = off set plan_cache_mode = force_generic_plan as $$
#variable_conflict use_column
declare a jsonb := p::jsonb; v_now bigint := coalesce((a->>'now')::bigint, now_ms()); v_due json; v_n int; v_next bigint;
begin
  select json_agg(schedule_row(s) order by s.next_at_ms, s.name), count(*) into v_due, v_n from (
    select * from schedule where next_at_ms is not null and next_at_ms <= v_now order by next_at_ms, name limit (a->>'limit')::int
  ) s;
  select next_at_ms into v_next from schedule where next_at_ms is not null order by next_at_ms, name limit 1 offset v_n;
  return json_build_object('now', v_now, 'schedules', v_due, 'next', v_next)::text;
end $$
