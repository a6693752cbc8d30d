-- The lanes of a queue that an asker can run, by the newest payload version that it knows of each task; and for each lane of jobs that are
-- to run elsewhere the asker's process, while a live worker of another one can take them.
create or replace function lanes_for(p_queue int, p_alone boolean, p_tasks jsonb, p_holder int, p_mono float8, out lanes int[], out avoid text[])
language plpgsql stable as $$
#variable_conflict use_column
begin
  select array_agg(l.id order by l.id), array_agg(case when l.kind = 2 then another_there(p_queue, l.task_id, l.version, p_holder, p_mono) end order by l.id)
  into lanes, avoid
  from lane l
  where l.queue_id = p_queue and (l.kind = 1) = p_alone and (
    p_tasks is null or l.version <= (p_tasks->>(select k.name from task k where k.id = l.task_id))::int);
end $$
