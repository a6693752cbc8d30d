-- Remembers that a job ended while it waited, before it is dropped, if it is; `p_how`: 0 expired 1 cancelled 2 removed.
create or replace function close_job(p_seq bigint, p_how int, p_by text, p_reason text, p_now bigint) returns void language plpgsql as $$
#variable_conflict use_column
begin
  insert into closing (at_ms, job, task_id, queue_id, how, by, reason)
  select p_now, id, task_id, queue_id, p_how, p_by, p_reason from job where seq = p_seq;
end $$
