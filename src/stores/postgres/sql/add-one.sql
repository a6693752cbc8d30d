-- Writes one new job with its key, and answers for it.
create or replace function add_one(k jsonb, r jsonb, a jsonb, n int, p_now bigint) returns jsonb language plpgsql as $$
#variable_conflict use_column
declare v_seq bigint; v_states int; v_answer jsonb;
begin
  v_seq := insert_one(k, r, (a->'queues'->>n)::int, (a->'tasks'->>n)::int, (a->'lanes'->>n)::int, p_now);
  if v_seq is null then
    -- Somebody else has just written a job of this id.
    select jsonb_build_array('duplicate', j.id, state_of(j.seq), t.name) into v_answer
    from job j join task t on t.id = j.task_id where j.id = r->>1;
    if v_answer is null then raise exception sqlstate '40001' using message = 'a job of the same id was removed at this moment'; end if;
    return v_answer;
  end if;
  if r->4->>'key' is not null then
    v_states := (r->4->>'states')::int;
    update unique_key set held = false where key = r->4->>'key' and held;
    insert into unique_key (seq, key, states, until_ms, held)
    values (v_seq, r->4->>'key', v_states, p_now + (r->4->>'forMs')::float8, true);
    update ticket set unique_states = v_states where seq = v_seq;
  end if;
  return jsonb_build_array('created', r->>1, state_of(v_seq), k->>'task');
end $$
