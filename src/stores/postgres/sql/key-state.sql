-- The state of a job as far as its key goes: who waits and has expired is dead to others, although nobody has buried it yet.
create or replace function key_state(p_seq bigint, p_now bigint) returns int language plpgsql stable as $$
#variable_conflict use_column
begin
  return coalesce(
    (select case when state < 4 and expires_at_ms <= p_now then 8 else state end from ticket where seq = p_seq),
    (select state from history where seq = p_seq));
end $$
