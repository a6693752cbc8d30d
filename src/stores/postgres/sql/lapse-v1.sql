-- Takes jobs away as a loss, as decided: rows are { seq, losses, failures, to, suspect, waitMs, reason, error, fp }; forgets workers that hold nothing more.
create or replace function lapse_v1(p text) returns text language plpgsql set search_path from current set enable_seqscan = off set jit = off set plan_cache_mode = force_generic_plan as $$
#variable_conflict use_column
declare
  a jsonb := p::jsonb; v_now bigint := (a->>'at')::bigint; r jsonb; t ticket%rowtype; v_to int; v_reason text; v_twin text; v_n int := 0;
begin
  -- What needs a key's lock has it from held_v1.
  perform lock_keys(array(select 'group ' || (x->'g'->>0) from jsonb_array_elements(a->'jobs') as x where x ? 'g'));
  for r in select value from jsonb_array_elements(a->'jobs') loop
    select * into t from ticket where seq = (r->>'seq')::bigint;
    perform end_attempt(t, 6, null, null, r->>'error', v_now);
    t.losses := (r->>'losses')::int; t.failures := (r->>'failures')::int; t.fence := t.fence + 1;
    v_to := (r->>'to')::int;
    v_reason := r->>'reason';
    -- Who would come back where a newer job holds its key is cancelled instead.
    v_twin := case when v_to < 7 then yield_to_twin(t, v_now) end;
    if v_twin is not null then
      v_to := 9;
      v_reason := v_twin;
    end if;
    if v_to >= 7 then
      perform finish(t, v_to, v_reason, null, r->'g', v_now);
    else
      if (r->>'waitMs')::numeric > 0 then t.available_at_ms := v_now + ceil((r->>'waitMs')::numeric)::bigint; end if;
      if (r->>'suspect')::boolean then t := mark_suspect(t);
      elsif t.suspect then t := clear_suspect(t);
      end if;
      perform wait_again(t, v_to, v_now);
    end if;
    v_n := v_n + 1;
  end loop;
  with gone as (
    delete from worker where holder_id = any(array(
      select r.id from jsonb_array_elements_text(a->'workers') as w(name) cross join lateral (select id from runner where worker = w.name limit 1) r))
    returning holder_id
  )
  update runner set gone_at_ms = v_now where id = any(array(select holder_id from gone));
  return v_n::text;
end $$
