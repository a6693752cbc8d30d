-- Jobs that this worker holds and that were asked to stop.
create or replace function cancels_of(p_holder int) returns json language plpgsql stable as $$
#variable_conflict use_column
begin
  return (
    select json_agg(json_build_object('id', j.id, 'fence', t.fence, 'reason', t.cancel_reason) order by t.seq)
    from ticket t cross join lateral (select id from job where seq = t.seq limit 1) j
    where t.holder_id = p_holder and t.cancel_reason is not null
  );
end $$
