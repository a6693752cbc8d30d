-- Dead jobs that a filter lets through, in the order in which they died: { after, upTo, limit, lookAt, ... the filter }.
create or replace function dead_page_v1(p text) returns text language plpgsql set search_path from current set enable_seqscan = off set jit = off set plan_cache_mode = force_generic_plan as $$
#variable_conflict use_column
declare
  a jsonb := p::jsonb; v_after bigint := (a->>'after')::bigint; v_last bigint := coalesce((a->>'upTo')::bigint, last_death()); v_to bigint;
  v_groups int[]; v_seqs bigint[]; v_rows json; v_limit int := (a->>'limit')::int;
begin
  if a->>'task' is not null or a->>'queue' is not null or a->>'fingerprint' is not null then
    v_groups := array(
      select f.id from failure f join task k on k.id = f.task_id join queue q on q.id = f.queue_id
      where (a->>'task' is null or k.name = a->>'task') and (a->>'queue' is null or q.name = a->>'queue')
        and (a->>'fingerprint' is null or f.fingerprint = a->>'fingerprint'));
  end if;
  v_to := v_last;
  if a ? 'ids' then
    v_seqs := array(
      select b.seq from jsonb_array_elements_text(a->'ids') as i(id) cross join lateral (select seq from job where job.id = i.id limit 1) b);
  end if;
  if not a ? 'ids' then
    select coalesce((select id - 1 from dead where id > v_after and id <= v_last order by id limit 1 offset (a->>'lookAt')::int), v_last) into v_to;
  end if;
  select coalesce(json_agg(json_build_array(x.id, x.job) order by x.id), '[]') into v_rows from (
    select d.id, j.id as job from dead d cross join lateral (select * from job where seq = d.seq limit 1) j
    where d.id > v_after and d.id <= v_to
      and (v_groups is null or d.failure_id = any(v_groups))
      and (not a ? 'ids' or d.seq = any(v_seqs))
      and (a->>'since' is null or d.died_at_ms >= (a->>'since')::float8) and (a->>'until' is null or d.died_at_ms < (a->>'until')::float8)
      and (a->>'reason' is null or a->>'reason' = (select h.reason from history h where h.seq = d.seq))
      and (a->>'tag' is null or exists (select 1 from tag g where g.tag = a->>'tag' and g.seq = d.seq))
      and (a->>'error' is null or position(a->>'error' in coalesce((
        select message_of(x.error) from attempt x where x.seq = d.seq and x.outcome <> 6 and (x.error is not null or x.outcome = 0)
        order by x.fence desc limit 1), '')) > 0)
    order by d.id limit v_limit + 1
  ) x;
  return json_build_object('rows', v_rows, 'to', v_to, 'last', v_last)::text;
end $$
