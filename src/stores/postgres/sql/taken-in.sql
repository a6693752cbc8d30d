-- The intake with one more job in it; instants that are close together share an entry where the rate is high.
create or replace function taken_in(i jsonb, p_now bigint) returns jsonb language plpgsql as $$
#variable_conflict use_column
declare v_next jsonb := i || jsonb_build_object('waiting', (i->>'waiting')::bigint + 1); v_inside jsonb; v_grain bigint; v_last jsonb;
begin
  if i->>'max' is null then return v_next; end if;
  v_inside := came_within(i, p_now);
  v_grain := case when (i->>'max')::bigint > 200 then ceil((i->>'everyMs')::numeric / 200)::bigint else 1 end;
  v_last := v_inside->-1;
  -- Under the later instant, so that a job stays a little longer than it must, and never leaves too early.
  if v_last is not null and (v_last->>0)::bigint / v_grain = p_now / v_grain then
    v_inside := jsonb_set(v_inside, '{-1}', jsonb_build_array(p_now, (v_last->>1)::bigint + 1));
  else
    v_inside := v_inside || jsonb_build_array(jsonb_build_array(p_now, 1));
  end if;
  return v_next || jsonb_build_object('came', v_inside, 'touched', true);
end $$
