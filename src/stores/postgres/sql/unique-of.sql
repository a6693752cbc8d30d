-- What `unique` of the SQL function says, as rows of enqueue_v1 carry it: the key as the app would make it of the same key, src/define/unique-key.ts,
-- and the rule, src/define/unique.ts. A key is a text, a whole number, or a list of them.
create or replace function unique_of(p_task text, p_unique jsonb) returns jsonb language plpgsql as $$
declare
  v_known constant text[] := array['key', 'while', 'for', 'on_conflict', 'throttle', 'debounce', 'max_wait', 'latest'];
  o jsonb := case jsonb_typeof(p_unique) when 'object' then p_unique else jsonb_build_object('key', p_unique) end;
  v_key jsonb := o->'key'; v_list jsonb; v_text text; v_bad text; v_rules int; v_while text;
begin
  select k into v_bad from jsonb_object_keys(o) k where k <> all(v_known) limit 1;
  v_rules := (o ? 'throttle')::int + (o ? 'debounce')::int + (o ? 'latest')::int;
  v_bad := case
    when v_bad is not null then format('LW1201 unique: expected any of %s, got %s', array_to_string(v_known, ', '), v_bad)
    when v_rules > 1 or v_rules = 1 and (o ? 'while' or o ? 'for' or o ? 'on_conflict')
      then 'LW1201 unique: expected one of throttle, debounce and latest alone, or while, for and on_conflict'
    when o ? 'max_wait' and not o ? 'debounce' then 'LW1201 unique.max_wait: expected it beside debounce only'
    when o ? 'latest' and o->'latest' <> 'true' then 'LW1201 unique.latest: expected true'
    when coalesce(o->>'on_conflict', 'return') not in ('return', 'throw', 'replace') then 'LW1201 unique.on_conflict: expected return, throw or replace'
    when coalesce(o->>'while', 'waiting') not in ('waiting', 'incomplete', 'successful', 'present')
      then 'LW1201 unique.while: expected waiting, incomplete, successful or present'
    when span_ms(o, 'max_wait', 1) < span_ms(o, 'debounce', 1) then 'LW1201 unique.max_wait: expected at least as long as debounce'
  end;
  if v_bad is not null then raise exception sqlstate '22023' using message = v_bad; end if;
  v_list := case jsonb_typeof(v_key) when 'array' then v_key else jsonb_build_array(v_key) end;
  if jsonb_array_length(v_list) = 0 or exists (select 1 from jsonb_array_elements(v_list) e where not case jsonb_typeof(e)
    when 'string' then e <> '""' when 'number' then e::numeric = trunc(e::numeric) and abs(e::numeric) < 9007199254740992 else false end)
  then raise exception sqlstate '22023' using message = 'LW1210 unique.key: expected a text that is not empty, a whole number, or a list of them'; end if;
  -- As JavaScript writes it: no spaces, no digits behind a point.
  select string_agg(case jsonb_typeof(e) when 'number' then trunc(e::numeric)::text else e::text end, ',' order by n) into v_text
  from jsonb_array_elements(v_list) with ordinality as x(e, n);
  if jsonb_typeof(v_key) = 'array' then v_text := '[' || v_text || ']'; end if;
  if octet_length(v_text) > 1024 then raise exception sqlstate '22023' using message = 'LW1210 unique.key: expected at most 1024 bytes as JSON'; end if;
  v_while := case when o ? 'throttle' then 'present' when o ? 'debounce' or o ? 'latest' then 'waiting'
    else coalesce(o->>'while', case when o ? 'for' then 'present' else 'incomplete' end) end;
  return jsonb_strip_nulls(jsonb_build_object(
    'key', translate(rtrim(encode(sha256(convert_to(p_task || E'\nby ' || v_text, 'UTF8')), 'base64'), '='), '+/', '-_'),
    -- A bit for each state: src/job/unique.ts.
    'states', case v_while when 'waiting' then 15 when 'incomplete' then 127 when 'successful' then 255 else 1023 end,
    'forMs', coalesce(span_ms(o, 'for', 1), span_ms(o, 'throttle', 1)),
    'onConflict', case when o ? 'debounce' then 'replace' when o ? 'latest' then 'latest' else coalesce(o->>'on_conflict', 'return') end,
    'maxWaitMs', span_ms(o, 'max_wait', 1),
    'waitMs', span_ms(o, 'debounce', 1)));
end $$
