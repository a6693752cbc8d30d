-- What became of a schedule's slots, newest first: { name, limit }.
create or replace function schedule_history_v1(p text) returns text language plpgsql set search_path from current set enable_seqscan = off set jit = off set plan_cache_mode = force_generic_plan as $$
#variable_conflict use_column
begin
  return (
    select coalesce(json_agg(json_build_array(r.at_ms, r.until_ms, r.n, r.outcome, r.reason, r.note, r.job, r.decided_at_ms) order by r.id desc), '[]')::text
    from (
      select * from slot_record where schedule_id = (select id from schedule where name = p::jsonb->>'name')
      order by id desc limit (p::jsonb->>'limit')::int
    ) r
  );
end $$
