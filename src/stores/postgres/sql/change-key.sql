-- Gives a job the key that an edit has made; it holds it where its state says so. A job with another key keeps it.
create or replace function change_key(p_seq bigint, p_from text, p_to text, p_now bigint) returns void language plpgsql as $$
#variable_conflict use_column
begin
  update unique_key set key = p_to, held = false where seq = p_seq and key = p_from and p_from <> p_to;
  if found and (select states from unique_key where seq = p_seq) & (1 << state_of(p_seq)) <> 0 then perform take_key_again(p_seq, p_now); end if;
end $$
