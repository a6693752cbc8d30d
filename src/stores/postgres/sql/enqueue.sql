-- For SQL, triggers and other languages: adds one job, in the transaction of whoever calls, and answers its id. Options: id, queue, priority (0 to 9, or
-- high, normal, low), delay, ttl and deadline (intervals), run_at (an instant), attempts, version, tags (a list), unique (a key, or an object with one).
-- An id that is there already adds nothing, and neither does a key that a job holds, whose id is the answer.
create or replace function enqueue(task text, payload jsonb default 'null', options jsonb default '{}') returns text language plpgsql set search_path from current as $$
#variable_conflict use_variable
declare
  v_name constant text := '^[A-Za-z0-9][A-Za-z0-9_./:-]{0,119}$';
  v_known constant text[] := array['id', 'queue', 'priority', 'delay', 'ttl', 'deadline', 'run_at', 'attempts', 'version', 'tags', 'unique'];
  o jsonb := coalesce(options, '{}');
  v_bad text; v_tags jsonb; v_kind jsonb; v_answer jsonb; v_payload text;
  v_unique jsonb; v_now bigint := now_ms(); v_id text; v_at bigint;
begin
  if jsonb_typeof(o) <> 'object' then raise exception sqlstate '22023' using message = 'LW1201 options: expected an object'; end if;
  select k into v_bad from jsonb_object_keys(o) k where k <> all(v_known) limit 1;
  if v_bad is not null then
    raise exception sqlstate '22023' using message = format('LW1201 options: expected any of %s, got %s', array_to_string(v_known, ', '), v_bad);
  end if;
  v_id := coalesce(o->>'id', new_id(v_now));
  v_tags := coalesce(o->'tags', '[]');
  v_payload := coalesce(payload, 'null')::text;
  v_bad := case
    when task is null or task !~ v_name then 'task: expected a name of letters, digits and . _ - / : of at most 120 characters'
    when coalesce(o->>'queue', 'default') !~ v_name then 'queue: expected a name of letters, digits and . _ - / : of at most 120 characters'
    when octet_length(v_id) not between 1 and 255 or v_id ~ '[[:cntrl:]]' or v_id like 'schedule:%' then 'id: expected a text of 1 to 255 bytes without control characters, not schedule:...'
    when coalesce(o->>'priority', 'normal') !~ '^([0-9]|high|normal|low)$' then 'priority: expected high, normal, low, or a whole number from 0 to 9'
    when coalesce(o->>'attempts', '10') !~ '^([1-9][0-9]{0,2}|1000)$' then 'attempts: expected a whole number from 1 to 1000'
    when coalesce(o->>'version', '1') !~ '^[1-9][0-9]{0,8}$' then 'version: expected a whole number from 1'
    when o ? 'delay' and o ? 'run_at' then 'run_at: expected either delay or run_at, not both'
    when jsonb_typeof(v_tags) <> 'array' or jsonb_array_length(v_tags) > 20 then 'tags: expected a list of at most 20 names'
    when exists (select 1 from jsonb_array_elements(v_tags) t where jsonb_typeof(t) <> 'string' or t #>> '{}' !~ v_name) then 'tags: expected names of letters, digits and . _ - / :'
    when octet_length(v_payload) > 1048576 then format('payload: expected at most 1048576 bytes, got %s', octet_length(v_payload))
  end;
  if v_bad is not null then raise exception sqlstate '22023' using message = 'LW1201 ' || v_bad; end if;
  if o->'unique' <> 'false' then
    v_unique := unique_of(task, o->'unique');
    if v_unique ? 'waitMs' and (o ? 'delay' or o ? 'run_at') then
      raise exception sqlstate '22023' using message = 'LW1201 unique.debounce: expected neither delay nor run_at beside it, for it says when the job runs';
    end if;
  end if;
  v_at := ceil(extract(epoch from (o->>'run_at')::timestamptz) * 1000)::bigint;
  if v_at < v_now - 1000 then raise exception sqlstate '22023' using message = 'LW1202 run_at: expected an instant from now on; leave it out to run now'; end if;
  v_kind := jsonb_strip_nulls(jsonb_build_object('task', task, 'queue', coalesce(o->>'queue', 'default'), 'version', coalesce((o->>'version')::int, 1),
    'priority', case coalesce(o->>'priority', 'normal') when 'high' then 2 when 'normal' then 5 when 'low' then 8 else (o->>'priority')::int end,
    'maxAttempts', coalesce((o->>'attempts')::int, 10), 'delayMs', coalesce((v_unique->>'waitMs')::numeric, span_ms(o, 'delay', 0)), 'ttlMs', span_ms(o, 'ttl', 1), 'deadlineMs', span_ms(o, 'deadline', 1),
    'tags', case when v_tags <> '[]' then (select jsonb_agg(distinct t) from jsonb_array_elements(v_tags) t)::text end));
  -- The character that stands for what a text of Postgres cannot hold is written as such.
  v_answer := enqueue_v1(jsonb_strip_nulls(jsonb_build_object('now', v_now, 'kinds', jsonb_build_array(v_kind), 'each', v_unique is not null or null,
    'rows', jsonb_build_array(jsonb_build_array(0, v_id, replace(v_payload, U&'\F8FF', U&'\F8FF' || '1'), v_at, v_unique))))::text);
  if v_answer->'each'->0->2->>'because' = 'twin' then
    raise exception sqlstate '23505' using message = format('LW1209 job %s of task %s holds the unique key', v_answer->'each'->0->2->>'twin', task);
  elsif v_answer->'each'->0->>0 = 'refused' then
    raise exception sqlstate '54000' using message = format('LW1212 queue %s takes no job now', v_kind->>'queue'), detail = v_answer->'each'->0->>2;
  elsif v_answer->'each'->0->>0 = 'duplicate' and v_answer->'each'->0->>3 <> task then
    raise exception sqlstate '23505' using message = format('LW1207 job %s is there already, of task %s', v_id, v_answer->'each'->0->>3);
  end if;
  perform pg_notify('legwork ' || current_schema(), '');
  return coalesce(v_answer->'each'->0->>1, v_id);
end $$
