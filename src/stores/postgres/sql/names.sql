-- The numbers of a queue, a task and their lane, made where they are new.
create or replace function lane_of(p_queue text, p_task text, p_version int, p_kind int, out queue int, out task int, out lane int)
language plpgsql as $$
#variable_conflict use_column
begin
  select q.id, k.id, l.id into queue, task, lane
  from queue q cross join task k left join lane l
    on l.queue_id = q.id and l.task_id = k.id and l.version = p_version and l.kind = p_kind
  where q.name = p_queue and k.name = p_task;
  if lane is not null then return; end if;
  insert into queue (name) values (p_queue) on conflict do nothing;
  insert into task (name) values (p_task) on conflict do nothing;
  select id into queue from queue where name = p_queue;
  select id into task from task where name = p_task;
  insert into lane (queue_id, task_id, version, kind) values (queue, task, p_version, p_kind) on conflict do nothing;
  select id into lane from lane l where l.queue_id = queue and l.task_id = task and l.version = p_version and l.kind = p_kind;
end $$
