-- FAILURE: dead jobs of one task and queue that look alike, counted as they die and as they leave.
create table legwork_failure (
  id integer primary key,
  task_id integer not null,
  queue_id integer not null,
  fingerprint text not null,    -- of the error, or the reason of those that died without one
  name text not null,
  message text not null,
  dead integer not null,        -- now
  total integer not null,       -- ever
  first_at_ms integer not null,
  last_at_ms integer not null,
  status integer not null default 0 check (status between 0 and 2),  -- 0 open 1 ignored 2 resolved
  regressed_at_ms integer
) strict;
create unique index legwork_failure_key on legwork_failure (task_id, queue_id, fingerprint);
create index legwork_failure_gone on legwork_failure (last_at_ms) where dead = 0;

create table legwork_failure_hour (
  failure_id integer not null,
  hour integer not null,        -- hours since 1970
  n integer not null,
  primary key (failure_id, hour)
) without rowid, strict;

-- DEAD: one row a dead job, numbered in the order of the deaths; a number is never used again.
create table legwork_dead (
  id integer primary key autoincrement,
  seq integer not null unique,
  failure_id integer not null,
  died_at_ms integer not null
) strict;
create index legwork_dead_failure on legwork_dead (failure_id, id);

-- What is dead already belongs to the group of the error that ended it, or of its reason.
create temp table legwork_dying as
select h.seq, j.task_id, h.queue_id, h.finished_at_ms as at_ms,
  coalesce(a.fingerprint, nullif(h.reason, ''), 'unknown') as fingerprint,
  coalesce(json_extract(a.error, '$.name'), nullif(h.reason, ''), 'unknown') as name,
  coalesce(substr(json_extract(a.error, '$.message'), 1, 300), '') as message
from legwork_history h
join legwork_job j on j.seq = h.seq
left join legwork_attempt a on a.seq = h.seq and a.fence = h.fence and a.outcome = 4
where h.state = 8;
insert into legwork_failure (task_id, queue_id, fingerprint, name, message, dead, total, first_at_ms, last_at_ms)
select task_id, queue_id, fingerprint, max(name), max(message), count(*), count(*), min(at_ms), max(at_ms)
from legwork_dying group by task_id, queue_id, fingerprint;
insert into legwork_dead (seq, failure_id, died_at_ms)
select d.seq, f.id, d.at_ms from legwork_dying d
join legwork_failure f on f.task_id = d.task_id and f.queue_id = d.queue_id and f.fingerprint = d.fingerprint
order by d.at_ms, d.seq;
drop table legwork_dying;

-- BULK: what a person wants done to many dead jobs, and how far it has come.
create table legwork_bulk (
  n integer primary key,
  id text not null unique,
  is_open integer not null check (is_open in (0, 1)),
  started_at_ms integer not null,
  record text not null          -- json
) strict;
create index legwork_bulk_open on legwork_bulk (is_open) where is_open = 1;

-- REVISION: what a payload was before a person changed it.
create table legwork_revision (
  id integer primary key,
  seq integer not null,
  n integer not null,
  at_ms integer not null,
  by text not null,
  reason text,
  version integer not null,
  payload text not null
) strict;
create unique index legwork_revision_job on legwork_revision (seq, n);
