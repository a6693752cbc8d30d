-- SAMPLE: what the store took at one moment, every ten minutes, for its growth to be seen without counting anything.
create table legwork_sample (
  at_ms integer primary key,
  bytes integer not null,       -- of pages in use
  enqueued integer not null,    -- jobs ever
  live integer not null,
  completed integer not null,
  dead integer not null,
  cancelled integer not null
) strict;
