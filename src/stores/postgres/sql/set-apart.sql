-- Gives the attempts that completed these jobs rows of their own, for who stays or comes back when the others of its `endings` go.
create or replace function set_apart(p_seqs bigint[]) returns void language plpgsql as $$
#variable_conflict use_column
begin
  insert into attempt overriding system value select (last_attempt(h)).* from history h where seq = any(p_seqs) and ending is not null
  -- Who brings one back at this moment writes it, too.
  on conflict do nothing;
  update history set ending = null, started_at_ms = null, holder_id = null, digest = null, progress = null where seq = any(p_seqs) and ending is not null;
end $$
