-- Adds each job unless its id is known, or its twin stands for it, or it is refused. Rows are [kind, id, payload, run at, unique]; jobs of which all are
-- likely to be new come in columns instead: { ids, payloads, k kinds, at run at }, without k where there is one kind, without at where none is given.
create or replace function enqueue_v1(p text) returns text language plpgsql
set search_path from current set enable_seqscan = off set jit = off set plan_cache_mode = force_generic_plan as $$
#variable_conflict use_column
declare
  a jsonb := p::jsonb;
  v_now bigint := coalesce((a->>'now')::bigint, now_ms());
  v_rows jsonb := a->'rows';
  k jsonb;
  v_place record;
  v_queue int[] := '{}'; v_task int[] := '{}'; v_lane int[] := '{}'; v_version int[] := '{}'; v_priority int[] := '{}';
  v_max int[] := '{}'; v_delay numeric[] := '{}'; v_ttl bigint[] := '{}'; v_deadline bigint[] := '{}';
  v_tags text[] := '{}'; v_retain text[] := '{}'; v_crash int[] := '{}';
  v_seqs bigint[]; v_ids text[]; v_is_new boolean[]; v_states int[]; v_some jsonb := a->'ids'; v_payloads jsonb := a->'payloads';
  v_k int[] := (a->>'k')::int[]; v_at numeric[] := (a->>'at')::numeric[]; v_is_tagged boolean := false; v_is_limited boolean; v_is_gone boolean; v_due bigint;
begin
  -- Before any number is taken: see src/stores/postgres/gaps.ts.
  perform pg_current_xact_id();
  for k in select value from jsonb_array_elements(a->'kinds') loop
    select * into v_place from lane_of(k->>'queue', k->>'task', (k->>'version')::int, 0);
    v_queue := v_queue || v_place.queue; v_task := v_task || v_place.task; v_lane := v_lane || v_place.lane;
    v_version := v_version || (k->>'version')::int; v_priority := v_priority || (k->>'priority')::int;
    v_max := v_max || (k->>'maxAttempts')::int; v_delay := v_delay || coalesce((k->>'delayMs')::numeric, 0);
    v_ttl := v_ttl || (k->>'ttlMs')::bigint; v_deadline := v_deadline || (k->>'deadlineMs')::bigint;
    v_is_tagged := v_is_tagged or k ? 'tags';
    v_tags := v_tags || (k->>'tags'); v_retain := v_retain || (k->>'retain'); v_crash := v_crash || (k->>'onCrash')::int;
  end loop;
  v_is_limited := exists (select 1 from queue where limited and id = any(v_queue));
  if v_some is not null then
    if not v_is_limited and not v_is_tagged then
      begin
        if v_k is null and v_at is null then
          v_due := available_at(a->'kinds'->0, '[]', v_now);
          perform enqueue_alike(v_some, v_payloads, a->'kinds'->0, v_place.queue, v_place.task, v_place.lane, v_now, v_due);
          return jsonb_build_object('state', case when v_due > v_now then 1 else 3 end)::text;
        end if;
        with x as materialized (
          select nextval('job_seq_seq') as seq, e.id, e.payload, coalesce(e.k, 0) + 1 as k,
            ceil(greatest(v_now, coalesce(e.at, v_now + v_delay[coalesce(e.k, 0) + 1])))::bigint as at
          from rows from (jsonb_array_elements_text(v_some), jsonb_array_elements_text(v_payloads), unnest(v_k), unnest(v_at)) as e(id, payload, k, at)
        ), said as (
          insert into job (seq, created_at_ms, ttl_ms, deadline_ms, task_id, queue_id, version, max_attempts, priority, on_crash, id, retain, payload)
          select seq, v_now, v_ttl[k], v_deadline[k], v_task[k], v_queue[k], v_version[k], v_max[k], v_priority[k], v_crash[k], id, v_retain[k], payload from x
        ), stood as (
          insert into ticket (seq, sort_key, available_at_ms, expires_at_ms, deadline_at_ms, queue_id, lane_id, state)
          select seq, at + v_priority[k] * 60000, at, least(v_now + v_ttl[k], v_now + v_deadline[k]), v_now + v_deadline[k], v_queue[k], v_lane[k],
            case when at > v_now then 1 else 3 end
          from x returning queue_id, state
        ), counted as (
          insert into tally_change (queue_id, state, n)
          select queue_id, s, n from (select queue_id, state, count(*) as n from stood group by 1, 2) g
          cross join lateral (values (g.state), (20)) as v(s)
        )
        select case when min(state) = max(state) then array[min(state)] else array_agg(state) end into v_states from stood;
        if cardinality(v_states) = 1 then return jsonb_build_object('state', v_states[1])::text; end if;
        return jsonb_build_object('states', to_jsonb(v_states))::text;
      exception when unique_violation then
        null;
      end;
    end if;
    v_rows := (select jsonb_agg(jsonb_build_array(coalesce(e.k, 0), e.id, e.payload, e.at) order by o)
      from rows from (jsonb_array_elements_text(v_some), jsonb_array_elements_text(v_payloads), unnest(v_k), unnest(v_at)) with ordinality as e(id, payload, k, at, o));
    a := a || jsonb_build_object('rows', v_rows);
  end if;
  if v_is_limited or a->>'each' is not null then
    a := a || jsonb_build_object('queues', to_jsonb(v_queue), 'tasks', to_jsonb(v_task), 'lanes', to_jsonb(v_lane));
    return enqueue_each(a, v_now)::text;
  end if;
  with added as (
    insert into job (created_at_ms, ttl_ms, deadline_ms, task_id, queue_id, version, max_attempts, priority, on_crash,
      id, tags, retain, payload)
    select v_now, v_ttl[x.k], v_deadline[x.k], v_task[x.k], v_queue[x.k], v_version[x.k], v_max[x.k], v_priority[x.k], v_crash[x.k],
      x.id, v_tags[x.k], v_retain[x.k], x.payload
    from (
      select (r->>0)::int + 1 as k, r->>1 as id, r->>2 as payload
      from jsonb_array_elements(v_rows) with ordinality as e(r, o) order by o
    ) x
    on conflict (id) do nothing
    returning seq, id
  )
  select array_agg(seq order by seq), array_agg(id order by seq) into v_seqs, v_ids from added;
  v_seqs := coalesce(v_seqs, '{}');
  if cardinality(v_seqs) < jsonb_array_length(v_rows) then
    -- The first row of each id that is new, in order, as its seqs are.
    select array_agg(is_new order by o) into v_is_new from (
      select o, row_number() over (partition by r->>1 order by o) = 1 and r->>1 = any(v_ids) as is_new
      from jsonb_array_elements(v_rows) with ordinality as e(r, o)
    ) x;
    select coalesce(jsonb_agg(r order by o), '[]') into v_rows
    from jsonb_array_elements(v_rows) with ordinality as e(r, o) where v_is_new[o];
  end if;
  with placed as (
    select x.seq, x.k, x.at, least(v_now + v_ttl[x.k], v_now + v_deadline[x.k]) as expires, v_now + v_deadline[x.k] as deadline
    from (
      select z.seq, (z.r->>0)::int + 1 as k,
        ceil(greatest(v_now, coalesce((z.r->>3)::numeric, v_now + v_delay[(z.r->>0)::int + 1])))::bigint as at
      from rows from (jsonb_array_elements(v_rows), unnest(v_seqs)) as z(r, seq)
    ) x
  ), stood as (
    insert into ticket (seq, sort_key, available_at_ms, expires_at_ms, deadline_at_ms, queue_id, lane_id, state)
    select seq, at + v_priority[k] * 60000, at, expires, deadline, v_queue[k], v_lane[k], case when at > v_now then 1 else 3 end
    from placed
    returning queue_id, state
  ), counted as (
    insert into tally_change (queue_id, state, n)
    select queue_id, s, n from (select queue_id, state, count(*) as n from stood group by 1, 2) g
    cross join lateral (values (g.state), (20)) as v(s)
  )
  select array_agg(case when at > v_now then 1 else 3 end order by seq) into v_states from placed;
  insert into tag (tag, seq)
  select t.tag, z.seq from rows from (jsonb_array_elements(v_rows), unnest(v_seqs)) as z(r, seq)
  cross join lateral jsonb_array_elements_text(v_tags[(z.r->>0)::int + 1]::jsonb) as t(tag)
  where v_tags[(z.r->>0)::int + 1] is not null on conflict do nothing;
  if v_is_new is null then
    if v_states is null or v_states[1] = all(v_states) then return jsonb_build_object('state', coalesce(v_states[1], 3))::text; end if;
    return jsonb_build_object('states', to_jsonb(v_states))::text;
  end if;
  select jsonb_agg(jsonb_build_array(case when v_is_new[o] then 'created' else 'duplicate' end, j.id, state_of(j.seq), k.name) order by o), bool_or(j.id is null)
  into v_rows, v_is_gone
  from jsonb_array_elements(a->'rows') with ordinality as e(r, o)
  left join lateral (select seq, id, task_id from job where id = e.r->>1 limit 1) j on true
  left join task k on k.id = j.task_id;
  if v_is_gone then raise exception sqlstate '40001' using message = 'a job of the same id was removed at this moment'; end if;
  return jsonb_build_object('each', v_rows)::text;
end $$
