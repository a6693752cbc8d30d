-- An id as Legwork makes them: ten characters of the time, sixteen of chance, in base 32.
create or replace function new_id(p_now bigint) returns text language sql volatile as $$
  select string_agg(substr('0123456789ABCDEFGHJKMNPQRSTVWXYZ', 1 + case
    when i < 10 then ((p_now >> (5 * (9 - i))) & 31)::int else get_byte(uuid_send(u), i - 10) & 31 end, 1), '' order by i)
  from gen_random_uuid() u, generate_series(0, 25) i
$$
