-- Makes names and lanes that are new, apart from any job: whoever waits for a transaction that makes them waits for its end.
-- { lanes: [[queue, task, version]] }
create or replace function lanes_v1(p text) returns text language plpgsql set search_path from current set enable_seqscan = off set jit = off set plan_cache_mode = force_generic_plan as $$
declare l jsonb;
begin
  for l in select value from jsonb_array_elements(p::jsonb->'lanes') order by value loop
    perform lane_of(l->>0, l->>1, (l->>2)::int, 0);
  end loop;
  return 'null';
end $$
