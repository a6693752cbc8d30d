-- Why a new job is refused by the limits of its queue; null where there is room. The rule of src/job/intake.ts.
create or replace function turn_away(i jsonb, p_queue text, p_id text, p_now bigint) returns jsonb language plpgsql as $$
declare v_wait bigint;
begin
  if (i->>'waiting')::bigint >= (i->>'maxWaiting')::bigint then
    return jsonb_build_array('refused', p_id, jsonb_build_object(
      'because', 'queue-full', 'queue', p_queue, 'maxWaiting', i->'maxWaiting', 'retryAfterMs', 1000));
  end if;
  v_wait := rate_wait(i, p_now);
  if v_wait <= 0 then return null; end if;
  return jsonb_build_array('refused', p_id, jsonb_build_object(
    'because', 'enqueue-rate', 'queue', p_queue, 'max', i->'max', 'everyMs', i->'everyMs', 'retryAfterMs', v_wait));
end $$
