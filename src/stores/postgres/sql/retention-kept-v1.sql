-- How many finished jobs of { state, queue } there are, what they weigh, and the oldest ones: { budget }.
create or replace function retention_kept_v1(p text) returns text language plpgsql set search_path from current set enable_seqscan = off set jit = off set plan_cache_mode = force_generic_plan as $$
#variable_conflict use_column
declare
  a jsonb := p::jsonb; v_state int := (a->>'state')::int; v_queue int; v_count bigint; v_bytes bigint; v_rows json;
begin
  if a->>'queue' is not null then
    select id into v_queue from queue where name = a->>'queue';
    if v_queue is null then return '{"count":0,"bytes":0}'; end if;
  end if;
  select coalesce(sum(n) filter (where state = v_state), 0), coalesce(sum(n) filter (where state = 30 + v_state), 0) into v_count, v_bytes from (
    select state, n from tally where (v_queue is null or queue_id = v_queue)
    union all select state, n from tally_change where (v_queue is null or queue_id = v_queue)) x;
  if v_queue is null then
    select json_agg(json_build_array(seq, bytes) order by finished_at_ms, seq) into v_rows from (
      select seq, bytes, finished_at_ms from history where state = v_state and bytes is not null
      order by finished_at_ms, seq limit (a->>'budget')::int) x;
  else
    select json_agg(json_build_array(seq, bytes) order by finished_at_ms, seq) into v_rows from (
      select seq, bytes, finished_at_ms from history where queue_id = v_queue and state = v_state and bytes is not null
      order by finished_at_ms, seq limit (a->>'budget')::int) x;
  end if;
  return json_build_object('count', v_count, 'bytes', v_bytes, 'oldest', v_rows)::text;
end $$
