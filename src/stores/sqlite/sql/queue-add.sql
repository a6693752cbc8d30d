-- Gives a queue its number, the one that it has or a new one.
-- 1 name text
insert into legwork_queue (name) values (?1) on conflict (name) do update set name = name returning id
