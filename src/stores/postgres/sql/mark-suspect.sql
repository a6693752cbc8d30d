-- From then on a job is only claimed alone.
create or replace function mark_suspect(t ticket) returns ticket language plpgsql as $$
#variable_conflict use_column
begin
  select lane_by_number(t.queue_id, j.task_id, j.version, 1) into t.lane_id from job j where j.seq = t.seq;
  t.suspect := true;
  return t;
end $$
