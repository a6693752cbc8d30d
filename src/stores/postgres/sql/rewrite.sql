-- The one place where a payload changes; what is computed of it has to be computed anew here.
create or replace function rewrite(p_seq bigint, p_payload text, p_version int, p_by text, p_reason text, p_now bigint) returns void language plpgsql as $$
#variable_conflict use_column
declare j record;
begin
  select * into j from job where seq = p_seq;
  insert into revision (seq, n, at_ms, by, reason, version, payload)
  values (p_seq, (select coalesce(max(n), 0) + 1 from revision where seq = p_seq), p_now, p_by, p_reason, j.version, j.payload);
  update job set version = p_version, payload = p_payload where seq = p_seq;
  update ticket set lane_id = lane_by_number(queue_id, j.task_id, p_version, case when suspect then 1 when avoids is not null then 2 else 0 end) where seq = p_seq;
end $$
