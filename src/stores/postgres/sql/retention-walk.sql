-- Looks at a piece of what ended before the policy was set; true while there is more.
create or replace function retention_walk(p_budget int, p_bytes boolean) returns boolean language plpgsql as $$
#variable_conflict use_column
declare v_place bigint := (select at::bigint from place where walk = 'retention-walk' for update); v_seqs bigint[];
begin
  if v_place is null then return false; end if;
  v_seqs := array(select seq from history where seq > v_place order by seq limit p_budget);
  if cardinality(v_seqs) > 0 then perform weigh(v_seqs, retention_policy(), p_bytes); end if;
  if cardinality(v_seqs) < p_budget then
    delete from place where walk = 'retention-walk';
    return false;
  end if;
  update place set at = v_seqs[cardinality(v_seqs)] where walk = 'retention-walk';
  return true;
end $$
