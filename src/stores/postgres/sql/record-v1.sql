-- Keeps progress and logs with running attempts, and checkpoints with jobs; fenced like a settle. Codes: 1 applied 3 stale 4 gone.
create or replace function record_v1(p text) returns text language plpgsql set search_path from current set enable_seqscan = off set jit = off set plan_cache_mode = force_generic_plan as $$
#variable_conflict use_column
declare
  a jsonb := p::jsonb; v_now bigint := coalesce((a->>'now')::bigint, now_ms()); v_mono float8 := coalesce((a->>'mono')::float8, v_now);
  v_holder int; v_codes int[] := '{}'; r jsonb; v_seq bigint; t ticket%rowtype; v_bytes int; v_drop int;
begin
  select w.holder_id into v_holder from runner x join worker w on w.holder_id = x.id
  where x.worker = a->>'worker' and w.lease_ends_mono_ms > v_mono;
  for r in select value from jsonb_array_elements(a->'notes') loop
    select seq into v_seq from job where id = r->>'id';
    if v_seq is null then v_codes := v_codes || 4; continue; end if;
    select * into t from ticket
    where seq = v_seq and (state = 5) is true and (holder_id = v_holder) is true and fence = (r->>'f')::int for update;
    if t.seq is null then v_codes := v_codes || 3; continue; end if;
    if r->>'checkpoint' is not null then
      insert into checkpoint (seq, value) values (v_seq, r->>'checkpoint') on conflict (seq) do update set value = excluded.value;
    end if;
    v_bytes := coalesce(t.log_bytes, 0) + coalesce((r->>'bytes')::int, 0);
    if r ? 'logs' then
      insert into log (seq, attempt, n, at_ms, level, message, data)
      select v_seq, t.attempt, coalesce(t.log_lines, 0) + l.o, v_now - (l.value->>0)::float8, (l.value->>1)::int, l.value->>2, l.value->>3
      from jsonb_array_elements(r->'logs') with ordinality as l(value, o);
      t.log_lines := coalesce(t.log_lines, 0) + jsonb_array_length(r->'logs');
      if v_bytes > (a->>'maxBytes')::int then
        -- Drops the oldest lines of the attempt over its limit.
        with lines as (
          select n, sum(octet_length(message) + coalesce(octet_length(data), 0)) over (order by n desc) as after_it
          from log where seq = v_seq and attempt = t.attempt
        ), gone as (
          delete from log using lines where log.seq = v_seq and log.attempt = t.attempt and log.n = lines.n
            and lines.after_it > (a->>'maxBytes')::int
          returning octet_length(log.message) + coalesce(octet_length(log.data), 0) as size
        )
        select v_bytes - coalesce(sum(size), 0) into v_bytes from gone;
      end if;
    end if;
    update ticket set begun_fence = case when r ? 'begun' then fence else begun_fence end, log_lines = t.log_lines, log_bytes = case when t.log_lines is null then null else v_bytes end,
      progress = case when r ? 'progress' then (jsonb_build_object('at', v_now) || (r->'progress'))::text else progress end
    where seq = v_seq;
    v_codes := v_codes || 1;
  end loop;
  return to_json(v_codes)::text;
end $$
