-- Keeps what became of slots, the newest 200 of each schedule.
create or replace function keep_records(p_schedule int, p_records jsonb, p_now bigint) returns void language plpgsql as $$
#variable_conflict use_column
begin
  if jsonb_array_length(p_records) = 0 then return; end if;
  insert into slot_record (schedule_id, at_ms, until_ms, n, outcome, reason, note, job, decided_at_ms)
  select p_schedule, (r->>'at')::bigint, (r->>'until')::bigint, (r->>'count')::int, coalesce(r->>'outcome', 'skipped'), r->>'reason', r->>'note',
    r->>'job', p_now
  from jsonb_array_elements(p_records) with ordinality as x(r, o)
  order by case when r ? 'sorted' then (r->>'at')::bigint end, o;
  delete from slot_record where schedule_id = p_schedule and id <= (
    select id from slot_record where schedule_id = p_schedule order by id desc limit 1 offset 200);
end $$
