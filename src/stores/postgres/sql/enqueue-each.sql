-- Adds jobs one by one, where keys or limits of queues have a say; all or none where asked.
create or replace function enqueue_each(a jsonb, p_now bigint) returns jsonb language plpgsql as $$
#variable_conflict use_column
declare
  v_answers jsonb := '[]';
  v_answer jsonb;
  v_intake jsonb := '{}';
  k jsonb; r jsonb; n int; v_refused int := 0;
begin
  perform lock_keys(array(select e->4->>'key' from jsonb_array_elements(a->'rows') e where e->4->>'key' is not null));
  v_intake := take_intake(array(select distinct (e.value)::int from jsonb_array_elements_text(a->'queues') e));
  begin
    for r in select value from jsonb_array_elements(a->'rows') loop
      n := (r->>0)::int;
      k := a->'kinds'->n;
      v_answer := null;
      select jsonb_build_array('duplicate', j.id, state_of(j.seq), t.name) into v_answer
      from job j join task t on t.id = j.task_id where j.id = r->>1;
      if v_answer is null and r->4->>'key' is not null then
        v_answer := meet_twin(k, r, (a->'lanes'->>n)::int, p_now);
      end if;
      if v_answer is null and v_intake ? (a->'queues'->>n) then
        v_answer := turn_away(v_intake->(a->'queues'->>n), k->>'queue', r->>1, p_now);
        v_intake := jsonb_set(v_intake, array[a->'queues'->>n], case when v_answer is null
          then taken_in(v_intake->(a->'queues'->>n), p_now) else turned_from(v_intake->(a->'queues'->>n)) end);
      end if;
      if v_answer is null then
        v_answer := add_one(k, r, a, n, p_now);
      elsif v_answer->>0 = 'refused' then
        v_refused := v_refused + 1;
      end if;
      v_answers := v_answers || jsonb_build_array(v_answer);
    end loop;
    update queue q set came = i.value->>'came' from jsonb_each(v_intake) i where q.id = (i.key)::int and (i.value->>'touched')::boolean;
    if v_refused > 0 and (a->>'allOrNone')::boolean then raise exception sqlstate 'LW001'; end if;
  exception when sqlstate 'LW001' then
    return jsonb_build_object('each', (
      select jsonb_agg(case when e->>0 = 'refused' then e else jsonb_build_array('refused', a->'rows'->(o::int - 1)->>1, '{"because":"batch"}'::jsonb) end order by o)
      from jsonb_array_elements(v_answers) with ordinality as x(e, o)));
  end;
  return jsonb_build_object('each', v_answers);
end $$
