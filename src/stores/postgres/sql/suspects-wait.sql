-- Whether this worker should make room for a suspect: one waits that it can run, and nobody else has lately begun with one.
create or replace function suspects_wait(a jsonb, p_holder int, p_now bigint, p_mono float8) returns boolean language plpgsql stable as $$
#variable_conflict use_column
begin
  return (
    select not exists (
      select 1 from ticket t cross join lateral (select * from worker where holder_id = t.holder_id limit 1) w
      where t.suspect and (t.state = 5) is true and t.started_at_ms > p_now - 30000 and t.holder_id <> p_holder and w.lease_ends_mono_ms > p_mono
    ) and exists (
      select 1 from jsonb_array_elements(a->'queues') as e
      cross join lateral (select id from queue where name = e->>'name' and paused_at_ms is null limit 1) q
      cross join lateral (select unnest(f.lanes) as lane from lanes_for(q.id, true, a->'tasks', p_holder, p_mono) f) l
      where (e->>'limit')::int > 0 and exists (select 1 from ticket where lane_id = l.lane and state = 3)
    )
  );
end $$
