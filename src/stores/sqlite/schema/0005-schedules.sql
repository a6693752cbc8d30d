-- SCHEDULE: what is due when, as text that only the outside reads, and how far it has come.
create table legwork_schedule (
  id integer primary key autoincrement,
  name text not null unique,
  revision integer not null,
  cursor_at_ms integer not null,
  next_at_ms integer,           -- null: paused, retired or over
  max_running integer,          -- as the newest firing said; null: any number
  fired integer not null default 0,
  body text not null            -- json
) strict;
create index legwork_schedule_due on legwork_schedule (next_at_ms) where next_at_ms is not null;

-- SLOT: which slot a job is for; lives as long as the job.
create table legwork_slot (
  seq integer primary key,
  schedule_id integer not null,
  at_ms integer not null,
  from_ms integer not null,
  is_backfill integer not null,
  standing integer not null     -- 0 held: waits for an earlier one 1 admitted 2 over
) strict;
create index legwork_slot_live on legwork_slot (schedule_id, standing, at_ms, seq) where standing < 2;

-- What became of slots, the newest 200 of each schedule.
create table legwork_slot_record (
  id integer primary key autoincrement,
  schedule_id integer not null,
  at_ms integer not null,
  until_ms integer,
  n integer not null,
  outcome text not null,
  reason text,
  note text,
  job text,
  decided_at_ms integer not null
) strict;
create index legwork_slot_record_schedule on legwork_slot_record (schedule_id, id);

alter table legwork_worker add column schedules text;   -- json: the digest of each schedule that its code declares
