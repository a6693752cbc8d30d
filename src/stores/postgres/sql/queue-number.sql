-- The number of a queue, made where it is new.
create or replace function queue_number(p_name text) returns int language plpgsql as $$
#variable_conflict use_column
declare v_id int;
begin
  select id into v_id from queue where name = p_name;
  if v_id is not null then return v_id; end if;
  insert into queue (name) values (p_name) on conflict do nothing;
  select id into v_id from queue where name = p_name;
  return v_id;
end $$
