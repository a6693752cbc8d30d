-- The message of a stored error, also of one with characters that no text of Postgres can hold.
create or replace function message_of(p_error text) returns text language sql immutable as $$
  select replace(replace(p_error, E'\\u0000', ' '), E'\\ud', ' ')::json->>'message'
$$
