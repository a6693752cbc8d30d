-- The limits of those of these queues that have any, and how full they are; held until the end of the transaction.
create or replace function take_intake(p_queues int[]) returns jsonb language plpgsql as $$
#variable_conflict use_column
declare v_intake jsonb := '{}'; q record;
begin
  for q in select * from queue where limited and id = any(p_queues) order by id for update loop
    v_intake := v_intake || jsonb_build_object(q.id, jsonb_build_object('maxWaiting', q.max_waiting, 'max', q.rate_max, 'everyMs', q.rate_every_ms,
      'came', coalesce(q.came, '[]')::jsonb, 'turned', 0, 'waiting', (
        select coalesce(sum(n), 0) from (
          select n from tally where queue_id = q.id and state between 0 and 3
          union all select n from tally_change where queue_id = q.id and state between 0 and 3) c)));
  end loop;
  return v_intake;
end $$
