-- How a job was completed is said by its row of the history, and no longer by one of `attempt`, which keeps every other ending: `ending` is its
-- number among them all, null where `attempt` has it. The digest is null for the one that nearly all have.
alter table history
  add column ending bigint,
  add column started_at_ms bigint,
  add column holder_id integer,
  add column is_apart boolean,  -- true where it is kept for a time of its own; null: as long as all of its `endings`
  add column digest text,
  add column progress text;     -- json

-- ENDINGS: one row for all jobs that a call has completed, in the order of their numbers, of which the last is `last_id`. It goes when they go, and
-- whoever stays longer has its attempt in `attempt` then.
create table endings (
  last_id bigint primary key,
  expires_at_ms bigint not null,
  seqs bigint[] not null
) with (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 500);
create index endings_expiring on endings (expires_at_ms);
