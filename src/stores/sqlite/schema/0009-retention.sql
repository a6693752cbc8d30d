-- RETENTION: what a finished job weighs where a policy looks at it, which it does not for most; null elsewhere, so that
-- the indexes hold only what may have to go by count or bytes.
alter table legwork_history add column bytes integer;
create index legwork_history_kept on legwork_history (state, finished_at_ms) where bytes is not null;
create index legwork_history_kept_queue on legwork_history (queue_id, state, finished_at_ms) where bytes is not null;

-- The sums of these weights, right however a job leaves.
create table legwork_weight (
  queue_id integer not null,
  state integer not null,
  bytes integer not null,
  primary key (queue_id, state)
) without rowid, strict;
create trigger legwork_history_weighed after update of bytes on legwork_history
begin
  insert into legwork_weight (queue_id, state, bytes)
  values (new.queue_id, new.state, coalesce(new.bytes, 0) - coalesce(old.bytes, 0))
  on conflict (queue_id, state) do update set bytes = bytes + excluded.bytes;
end;
create trigger legwork_history_left after delete on legwork_history when old.bytes is not null
begin
  update legwork_weight set bytes = bytes - old.bytes where queue_id = old.queue_id and state = old.state;
end;
