-- CLOSING: jobs that ended while they waited, so without an attempt; the newest are kept, for who follows what happens.
create table legwork_closing (
  id integer primary key autoincrement,
  at_ms integer not null,
  job text not null,            -- its id, for the job may be gone
  task_id integer not null,
  queue_id integer not null,
  how integer not null check (how between 0 and 2),  -- 0 expired 1 cancelled 2 removed
  by text,
  reason text
) strict;
