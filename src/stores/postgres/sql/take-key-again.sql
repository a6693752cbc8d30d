-- A job that came back into line has its key again, unless its time is over or a twin holds it.
create or replace function take_key_again(p_seq bigint, p_now bigint) returns void language plpgsql as $$
#variable_conflict use_column
declare me record;
begin
  select * into me from unique_key where seq = p_seq;
  if me.seq is null or me.held or me.until_ms <= p_now or own_twin(p_seq, p_now) is not null then return; end if;
  update unique_key set held = false where key = me.key and held;
  update unique_key set held = true where seq = p_seq;
end $$
