-- The first schema. Instants and durations are milliseconds; `mono` marks the clock that never goes back.
-- States are the positions in the list of src/job/state.ts:
-- 0 blocked 1 scheduled 2 parked 3 ready 4 dispatched 5 running 6 suspended | 7 completed 8 dead 9 cancelled

create table legwork_meta (
  key text primary key,
  value text not null
) without rowid, strict;

-- Names are written once and meant by number everywhere else.
create table legwork_queue (
  id integer primary key,
  name text not null unique,
  paused_reason text,
  paused_by text,
  paused_at_ms integer
) strict;

create table legwork_task (
  id integer primary key,
  name text not null unique
) strict;

-- BODY: what the producer said. Inserted once, never changed, deleted by retention.
-- The payload comes last, so that a reader of the small columns never touches its overflow pages.
create table legwork_job (
  seq integer primary key,
  id text not null unique,
  task_id integer not null,
  queue_id integer not null,
  version integer not null,
  priority integer not null,
  max_attempts integer not null,
  created_at_ms integer not null,
  ttl_ms integer,
  deadline_ms integer,
  tags text,      -- json list, null for none
  retain text,    -- json, null for the default retention
  payload text not null
) strict;
create index legwork_job_task on legwork_job (task_id);
create index legwork_job_queue on legwork_job (queue_id);

create table legwork_tag (
  tag text not null,
  seq integer not null,
  primary key (tag, seq)
) without rowid, strict;

-- TICKET: where a live job is. One narrow row from enqueue to its final state, one partial index a state.
create table legwork_ticket (
  seq integer primary key,
  state integer not null check (state between 0 and 6),
  queue_id integer not null,
  sort_key integer not null,    -- available_at_ms + priority * 60000: ageing is free
  available_at_ms integer not null,
  expires_at_ms integer,        -- ttl or deadline while it waits, the deadline once it was started
  deadline_at_ms integer,
  fence integer not null default 0,
  attempt integer not null default 0,
  failures integer not null default 0,
  losses integer not null default 0,
  snoozes integer not null default 0,
  releases integer not null default 0,
  holder_id integer,            -- legwork_runner.id while running
  call integer,                 -- the claim call that handed it out
  started_at_ms integer,
  cancel_reason text,           -- set while a running job has been asked to stop
  progress text,                -- json, of the running attempt
  log_lines integer,            -- lines and bytes of the running attempt's log
  log_bytes integer
) strict;
create index legwork_ticket_ready on legwork_ticket (queue_id, sort_key) where state = 3;
create index legwork_ticket_scheduled on legwork_ticket (available_at_ms) where state = 1;
create index legwork_ticket_running on legwork_ticket (holder_id, call) where state = 5;
create index legwork_ticket_asked on legwork_ticket (holder_id) where cancel_reason is not null;
create index legwork_ticket_expiring on legwork_ticket (expires_at_ms)
  where expires_at_ms is not null and state not in (4, 5);

-- ATTEMPT: written once, when a lease ends. Its id only rises, so it is also a log that a cursor can follow.
create table legwork_attempt (
  id integer primary key autoincrement,
  seq integer not null,
  fence integer not null,
  attempt integer not null,
  holder_id integer not null,
  outcome integer not null check (outcome between 0 and 6),
  started_at_ms integer not null,
  ended_at_ms integer not null,
  digest text,                  -- of the settlement; null for a lapse, which no settlement can repeat
  reason text,
  fingerprint text,
  error text,                   -- json
  progress text                 -- json
) strict;
create unique index legwork_attempt_lease on legwork_attempt (seq, fence);

create table legwork_log (
  seq integer not null,
  attempt integer not null,
  n integer not null,
  at_ms real not null,
  level integer not null,
  message text not null,
  data text,
  primary key (seq, attempt, n)
) without rowid, strict;

-- HISTORY: how a job ended. One row a final job; a person's retry turns it into a ticket again.
create table legwork_history (
  seq integer primary key,
  state integer not null check (state between 7 and 9),
  queue_id integer not null,
  available_at_ms integer not null,
  finished_at_ms integer not null,
  expires_at_ms integer,        -- null: kept until somebody removes it
  fence integer not null,
  attempt integer not null,
  failures integer not null,
  losses integer not null,
  snoozes integer not null,
  releases integer not null,
  reason text,
  result text
) strict;
create index legwork_history_expiring on legwork_history (expires_at_ms) where expires_at_ms is not null;
create index legwork_history_unfinished on legwork_history (state) where state <> 7;

-- Jobs by queue and state, changed with the jobs in one transaction: totals cost O(queues).
create table legwork_tally (
  queue_id integer not null,
  state integer not null,
  n integer not null,
  primary key (queue_id, state)
) without rowid, strict;

-- RUNNER: who ever ran something, for attempts to refer to. WORKER: who is registered now.
create table legwork_runner (
  id integer primary key,
  worker text not null unique,
  ran_on text not null
) strict;

create table legwork_worker (
  holder_id integer primary key,
  host text not null,
  pid integer not null,
  version text not null,
  queues text not null,         -- json list
  tasks text not null,          -- json list
  concurrency integer not null,
  started_at_ms integer not null,
  beat_at_ms integer not null,
  lease_ends_mono_ms real not null,
  boot text not null            -- a lease of another boot has lapsed: its monotonic clock is gone
) strict;

create table legwork_audit (
  id integer primary key autoincrement,
  at_ms integer not null,
  by text not null,
  verb text not null,
  target text not null,
  reason text
) strict;

-- Room for what comes; nothing reads or writes these yet.

-- A gate limits how many jobs of a key run (max) or start (rate_max in window_ms). Reserved: ready jobs; used: leases.
create table legwork_gate (
  id integer primary key,
  key text not null unique,
  max integer,
  rate_max integer,
  window_ms integer,
  reserved integer not null default 0,
  used integer not null default 0
) strict;
create table legwork_gate_job (
  seq integer not null,
  gate_id integer not null,
  standing integer not null,    -- 0 parked 1 reserved 2 used
  sort_key integer not null,
  primary key (seq, gate_id)
) without rowid, strict;
create index legwork_gate_parked on legwork_gate_job (gate_id, sort_key) where standing = 0;
create table legwork_gate_start (
  gate_id integer not null,
  at_ms integer not null,
  seq integer not null,
  primary key (gate_id, at_ms, seq)
) without rowid, strict;

-- A job waits for others: its countdown is the number of its open rows.
create table legwork_dependency (
  seq integer not null,
  needs_seq integer not null,
  on_failure integer not null default 0,  -- 0 cancel 1 dead 2 go on
  done_at_ms integer,
  primary key (seq, needs_seq)
) without rowid, strict;
create index legwork_dependency_needs on legwork_dependency (needs_seq) where done_at_ms is null;

-- The journal of a durable handler: a step that was recorded is not run again.
create table legwork_step (
  seq integer not null,
  n integer not null,
  name text not null,
  kind integer not null,        -- 0 run 1 sleep 2 signal 3 children
  fence integer not null,
  started_at_ms integer not null,
  ended_at_ms integer,
  wake_at_ms integer,
  result text,
  error text,
  primary key (seq, n)
) without rowid, strict;
create unique index legwork_step_name on legwork_step (seq, name);

-- One live job a key; the row falls away with the job's final state, or when its time is over.
create table legwork_unique (
  key text primary key,
  seq integer not null,
  expires_at_ms integer
) without rowid, strict;

-- Effects for other stores and listeners, applied idempotently by whoever takes them.
create table legwork_outbox (
  id integer primary key autoincrement,
  kind text not null,
  target text not null,
  body text not null,
  created_at_ms integer not null,
  taken_until_mono_ms real
) strict;
