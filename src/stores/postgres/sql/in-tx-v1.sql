-- Does one verb in the caller's own transaction: { verb, arg, xid, notify }. Without the number of the transaction that is open it only tells it, so
-- that who is in none finds two. An error takes back what the verb did, and leaves the caller's transaction as it was.
create or replace function in_tx_v1(p text) returns text language plpgsql set search_path from current as $$
#variable_conflict use_column
declare
  a jsonb := p::jsonb; v_xid text := pg_current_xact_id()::text; v_answer text; v_code text; v_message text;
begin
  if a->>'xid' is distinct from v_xid then return jsonb_build_object('xid', v_xid)::text; end if;
  begin
    case a->>'verb'
      when 'enqueue_v1' then v_answer := enqueue_v1((a->'arg')::text);
      when 'act_v1' then v_answer := act_v1((a->'arg')::text);
      when 'record_v1' then v_answer := record_v1((a->'arg')::text);
      when 'exchange_v1' then v_answer := exchange_v1((a->'arg')::text);
    end case;
  exception when others then
    get stacked diagnostics v_code = returned_sqlstate, v_message = message_text;
    -- A conflict with another transaction is for the caller to hear: all of it has to be done again.
    if v_code in ('40001', '40P01') then raise; end if;
    return jsonb_build_object('error', v_message, 'code', v_code)::text;
  end;
  if a->>'notify' is not null then perform pg_notify(a->>'notify', ''); end if;
  return '{"answer":' || v_answer || '}';
end $$
