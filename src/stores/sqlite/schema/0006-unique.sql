-- UNIQUE: one row a job that has a unique key, for as long as the job is in the store. The table before was never used.
drop table legwork_unique;
create table legwork_unique (
  seq integer primary key,
  key text not null,            -- digest
  states integer not null,      -- bit n: the job holds its key in state n
  until_ms integer,             -- and not later than this; null: without end
  held integer not null         -- 1: had by this job last, which holds it while its state and the time allow
) strict;
create unique index legwork_unique_held on legwork_unique (key) where held = 1;

-- The same states, beside the job's own: null for a job without a key, which is all that most jobs ever pay.
alter table legwork_ticket add column unique_states integer;
