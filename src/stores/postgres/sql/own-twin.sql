-- The job that holds this job's key, or what an edit makes of it, if this one would hold it now.
create or replace function own_twin(p_seq bigint, p_now bigint, p_from text default null, p_to text default null) returns bigint
language plpgsql as $$
#variable_conflict use_column
begin
  return (
    select h.seq from unique_key me
    cross join lateral (select key_holder(case when me.key = p_from then p_to else me.key end, p_now) as seq) h
    where me.seq = p_seq and (me.until_ms is null or me.until_ms > p_now) and h.seq is distinct from p_seq
  );
end $$
