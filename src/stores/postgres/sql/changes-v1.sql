-- What happened since a place: { seq, ending, act, closing, gaps, limit, running }, numbers of the last that were told, and for each kind
-- ranges that were passed over; with the transactions that are open. Without { seq } only where the ends are.
create or replace function changes_v1(p text) returns text language plpgsql set search_path from current set enable_seqscan = off set jit = off set plan_cache_mode = force_generic_plan as $$
#variable_conflict use_column
declare a jsonb := p::jsonb; v_limit int := (a->>'limit')::int + 1; v_came json; v_ended json; v_acted json; v_running json; v_closed json;
  -- Who is open is seen before the rows, and who has begun after them, so that no transaction in between is forgotten.
  v_open pg_snapshot := pg_current_snapshot();
begin
  if a ? 'seq' then
    select json_agg(json_build_array(j.seq, j.id, k.name, q.name, state_of(j.seq), j.created_at_ms) order by j.seq) into v_came
    from (
      select x.* from jsonb_array_elements(a->'gaps'->0) as g
      cross join lateral (select * from job where seq between (g->>0)::bigint and (g->>1)::bigint order by seq limit v_limit) x
      union all (select * from job where seq > (a->>'seq')::bigint order by seq limit v_limit)
    ) j
    join task k on k.id = j.task_id join queue q on q.id = j.queue_id;
    select json_agg(json_build_array(x.id, j.id, k.name, q.name, state_of(j.seq), attempt_row(x.*)) order by x.id) into v_ended
    from (
      select y.* from jsonb_array_elements(a->'gaps'->1) as g
      cross join lateral endings_between((g->>0)::bigint, (g->>1)::bigint, v_limit) y
      union all (select * from endings_between((a->>'ending')::bigint + 1, 9223372036854775807, v_limit) order by id limit v_limit)
    ) x
    cross join lateral (select * from job where seq = x.seq limit 1) j join task k on k.id = j.task_id join queue q on q.id = j.queue_id;
    select json_agg(json_build_array(x.id, x.at_ms, x.verb, x.target, x.by, x.reason) order by x.id) into v_acted
    from (
      select y.* from jsonb_array_elements(a->'gaps'->2) as g
      cross join lateral (select * from audit where id between (g->>0)::bigint and (g->>1)::bigint order by id limit v_limit) y
      union all (select * from audit where id > (a->>'act')::bigint order by id limit v_limit)
    ) x;
    select json_agg(json_build_array(x.id, x.job, k.name, q.name, x.how, x.at_ms, x.by, x.reason) order by x.id) into v_closed
    from (
      select y.* from jsonb_array_elements(a->'gaps'->3) as g
      cross join lateral (select * from closing where id between (g->>0)::bigint and (g->>1)::bigint order by id limit v_limit) y
      union all (select * from closing where id > (a->>'closing')::bigint order by id limit v_limit)
    ) x
    join task k on k.id = x.task_id join queue q on q.id = x.queue_id;
  end if;
  if (a->>'running')::int > 0 then
    select json_agg(json_build_array(j.id, k.name, q.name, t.attempt, r.worker, t.started_at_ms, t.progress) order by t.started_at_ms, t.seq) into v_running
    from (select * from ticket where state = 5 order by started_at_ms, seq limit (a->>'running')::int) t
    cross join lateral (select * from job where seq = t.seq limit 1) j join task k on k.id = j.task_id join queue q on q.id = t.queue_id cross join lateral (select worker from runner where id = t.holder_id limit 1) r;
  end if;
  return json_build_object('oldest', pg_snapshot_xmin(v_open)::text::bigint, 'next', pg_snapshot_xmax(pg_current_snapshot())::text::bigint, 'came', v_came, 'ended', v_ended, 'acted', v_acted, 'closed', v_closed, 'running', v_running,
    'seq', coalesce((select max(seq) from job), 0), 'ending', coalesce(greatest((select max(id) from attempt), (select max(last_id) from endings)), 0), 'act', coalesce((select max(id) from audit), 0),
    'closing', coalesce((select max(id) from closing), 0), 'enqueued', ever(20), 'endings', ever(21))::text;
end $$
