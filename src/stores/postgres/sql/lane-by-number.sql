-- The number of a lane, made where it is new.
create or replace function lane_by_number(p_queue int, p_task int, p_version int, p_kind int) returns int language plpgsql as $$
#variable_conflict use_column
declare v_lane int;
begin
  select id into v_lane from lane where queue_id = p_queue and task_id = p_task and version = p_version and kind = p_kind;
  if v_lane is not null then return v_lane; end if;
  insert into lane (queue_id, task_id, version, kind) values (p_queue, p_task, p_version, p_kind) on conflict do nothing;
  select id into v_lane from lane where queue_id = p_queue and task_id = p_task and version = p_version and kind = p_kind;
  return v_lane;
end $$
