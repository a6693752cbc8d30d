-- A page of jobs, newest first: { states, queue, task, tag, limit, before, lookAt, driver }. The driver's index leads the search; the
-- other conditions are checked on its rows, of which one call looks at so many. The index of lines is by queue and task: for one of them alone, it is read
-- in several places.
create or replace function find_v1(p text) returns text language plpgsql set search_path from current set enable_seqscan = off set jit = off set plan_cache_mode = force_generic_plan set enable_hashjoin = off set enable_mergejoin = off as $$
#variable_conflict use_column
declare
  a jsonb := p::jsonb; v_before bigint := coalesce((a->>'before')::bigint, 9223372036854775807);
  v_queue int; v_task int; v_queues int[]; v_tasks int[]; v_each int; v_from text; v_floor bigint; v_seqs bigint[]; v_limit int := (a->>'limit')::int; v_next bigint;
  v_states int[] := case when jsonb_typeof(a->'states') = 'array' then array(select value::int from jsonb_array_elements_text(a->'states')) end;
begin
  if a->>'queue' is not null then
    select id into v_queue from queue where name = a->>'queue';
    if v_queue is null then return '{"jobs":[]}'; end if;
  end if;
  if a->>'task' is not null then
    select id into v_task from task where name = a->>'task';
    if v_task is null then return '{"jobs":[]}'; end if;
  end if;
  if a->>'driver' = 'line' then
    select array_agg(queue_id), array_agg(task_id), ceil((a->>'lookAt')::float8 / nullif(count(*), 0)) into v_queues, v_tasks, v_each
    from (select distinct queue_id, task_id from lane where (v_queue is null or queue_id = v_queue) and (v_task is null or task_id = v_task)) l;
    if v_queues is null then return '{"jobs":[]}'; end if;
    select max(j.seq) into v_floor from unnest(v_queues, v_tasks) as l(q, t) cross join lateral (
      select seq from job where queue_id = l.q and task_id = l.t and seq < v_before order by seq desc limit 1 offset v_each) j;
  end if;
  v_from := case a->>'driver'
    when 'tag' then 'tag d where d.tag = $1'
    when 'unfinished' then 'history d where d.state = $2 and d.state <> 7'
    when 'live' then 'ticket d where true'
    when 'line' then case cardinality(v_queues)
      when 1 then format('job d where d.queue_id = %s and d.task_id = %s', v_queues[1], v_tasks[1])
      -- As many of each as are looked at together, in one order.
      else format('(select j.seq from unnest(%L::int[], %L::int[]) as l(q, t) cross join lateral ('
        || 'select seq from job where queue_id = l.q and task_id = l.t and seq < $5 order by seq desc limit %s) j order by j.seq desc offset 0) d where true',
        v_queues, v_tasks, v_each + 1) end
    when 'final' then 'history d where true'
    else 'job d where true' end;
  if v_queues is null then
    execute 'select seq from ' || v_from || ' and d.seq < $5 order by d.seq desc limit 1 offset $6'
    into v_floor using a->>'tag', v_states[1], v_task, v_queue, v_before, (a->>'lookAt')::int;
  end if;
  execute 'select array_agg(seq order by seq desc) from (select d.seq from ' || v_from || ' and d.seq < $5 and d.seq >= coalesce($6, 0)'
    || ' and ($7 is null or state_of(d.seq) = any($7))'
    || ' and (($3 is null and $4 is null) or exists (select 1 from job j where j.seq = d.seq and ($3 is null or j.task_id = $3)'
    || ' and ($4 is null or j.queue_id = $4)))'
    || ' and ($1 is null or exists (select 1 from tag g where g.tag = $1 and g.seq = d.seq)) order by d.seq desc limit $8) x'
  into v_seqs using a->>'tag', v_states[1], v_task, v_queue, v_before, v_floor, v_states, v_limit + 1;
  v_next := case when cardinality(v_seqs) > v_limit then v_seqs[v_limit] else v_floor end;
  return json_build_object('next', v_next, 'jobs', (
    select json_agg(job_row(s.seq) order by s.seq desc) from unnest(v_seqs[1:v_limit]) as s(seq)))::text;
end $$
