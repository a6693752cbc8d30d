-- The number of the newest death that ever was.
create or replace function last_death() returns bigint language sql volatile as $$
  select coalesce(pg_sequence_last_value(pg_get_serial_sequence('dead', 'id')::regclass), 0)
$$
