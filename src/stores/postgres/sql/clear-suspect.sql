-- A job that has survived a run is no suspect any more, and stands in the line of all others.
create or replace function clear_suspect(t ticket) returns ticket language plpgsql as $$
#variable_conflict use_column
begin
  select lane_by_number(t.queue_id, j.task_id, j.version, 0) into t.lane_id from job j where j.seq = t.seq;
  t.suspect := null;
  return t;
end $$
