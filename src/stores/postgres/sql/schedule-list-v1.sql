-- Schedules by name: { names, after, limit }.
create or replace function schedule_list_v1(p text) returns text language plpgsql set search_path from current set enable_seqscan = off set jit = off set plan_cache_mode = force_generic_plan as $$
#variable_conflict use_column
begin
  return (
    select coalesce(json_agg(schedule_row(s) order by s.name), '[]')::text from (
      select * from schedule
      where name > coalesce(p::jsonb->>'after', '') and (p::jsonb->'names' is null or p::jsonb->'names' ? name)
      order by name limit (p::jsonb->>'limit')::int
    ) s
  );
end $$
