-- The asker's process where a live worker of another one can run such jobs; null where none can.
create or replace function another_there(p_queue int, p_task int, p_version int, p_holder int, p_mono float8) returns text
language plpgsql stable as $$
#variable_conflict use_column
declare v_here text := (select ran_on from runner where id = p_holder); v_queue text; v_task text;
begin
  select name into v_queue from queue where id = p_queue;
  select name into v_task from task where id = p_task;
  return (
    select v_here where exists (
      select 1 from worker w cross join lateral (select ran_on from runner where id = w.holder_id limit 1) r
      where r.ran_on <> v_here and w.lease_ends_mono_ms > p_mono and not w.ending and w.about::jsonb->'queues' ? v_queue
        and w.about::jsonb->'tasks' ? v_task and coalesce((w.about::jsonb->'versions'->>v_task)::int, 1) >= p_version)
  );
end $$
