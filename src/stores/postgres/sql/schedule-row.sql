-- A schedule as it is shown.
create or replace function schedule_row(s schedule) returns json language plpgsql stable as $$
#variable_conflict use_column
begin
  return (
    select json_build_array(s.name, s.revision, s.cursor_at_ms, s.next_at_ms, s.fired,
      (select count(*) from slot where schedule_id = s.id and standing = 1 and standing < 2),
      (select count(*) from slot where schedule_id = s.id and standing = 0 and standing < 2), s.body)
  );
end $$
