-- Forgets workers that are gone, what people did, and bulk operations, each after its time; a piece of each: { budget, workers, acts, bulks }.
create or replace function forget(a jsonb, p_now bigint) returns void language plpgsql as $$
#variable_conflict use_column
declare v_budget int := (a->>'budget')::int; v_newest bigint := (select max(id) from runner); v_first bigint; v_last bigint;
begin
  delete from runner where id = any(array(
    select id from runner where gone_at_ms <= p_now - (a->'workers'->>'ageMs')::bigint and id < v_newest order by gone_at_ms limit v_budget));
  delete from runner where id = any(array(
    select id from runner where gone_at_ms is not null and id <= v_newest - (a->'workers'->>'count')::bigint order by id limit v_budget));
  delete from bulk where id in (
    select id from bulk where over_at_ms <= p_now - (a->'bulks'->>'ageMs')::bigint order by over_at_ms limit v_budget);
  select min(id) filter (where at_ms > p_now - (a->'acts'->>'ageMs')::bigint and id > (select max(id) from audit) - (a->'acts'->>'count')::bigint), max(id)
  into v_first, v_last from (select id, at_ms from audit order by id limit v_budget) x;
  delete from audit where id < coalesce(v_first, v_last + 1);
  -- Who follows what happens is that far behind at most, or misses some.
  delete from closing where id = any(array(
    select id from closing where id <= (select max(id) from closing) - 100000 order by id limit v_budget));
end $$
