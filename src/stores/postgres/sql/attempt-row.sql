-- An attempt as it is shown.
create or replace function attempt_row(a attempt) returns json language plpgsql stable as $$
#variable_conflict use_column
begin
  return (
    select json_build_array(a.attempt, a.fence, coalesce(r.worker, 'forgotten'), coalesce(r.ran_on, 'forgotten'), a.started_at_ms, a.ended_at_ms, a.outcome, a.error, a.reason, a.progress)
    from (select 1) one left join runner r on r.id = a.holder_id
  );
end $$
