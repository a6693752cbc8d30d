-- Counts a death in its group, made where it is new, and numbers it; a resolved group is open again.
create or replace function died(p_seq bigint, p_queue int, g jsonb, p_now bigint) returns void language plpgsql as $$
#variable_conflict use_column
declare v_id int; v_hour int := p_now / 3600000;
begin
  insert into failure (task_id, queue_id, fingerprint, name, message, dead, total, first_at_ms, last_at_ms)
  values ((select task_id from job where seq = p_seq), p_queue, g->>0, g->>1, g->>2, 1, 1, p_now, p_now)
  on conflict (task_id, queue_id, fingerprint) do update set name = excluded.name, message = excluded.message, dead = failure.dead + 1,
    total = failure.total + 1, last_at_ms = p_now,
    regressed_at_ms = case failure.status when 2 then p_now else failure.regressed_at_ms end,
    status = case failure.status when 2 then 0 else failure.status end
  returning id into v_id;
  insert into failure_hour (failure_id, hour, n) values (v_id, v_hour, 1)
  on conflict (failure_id, hour) do update set n = failure_hour.n + 1;
  delete from failure_hour where failure_id = v_id and hour < v_hour - 48;
  insert into dead (seq, failure_id, died_at_ms) values (p_seq, v_id, p_now);
end $$
