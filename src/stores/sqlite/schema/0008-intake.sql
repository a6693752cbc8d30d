-- INTAKE: what a queue takes from producers. `limited` is 1 where it has any limit, so that nobody looks at the others.
alter table legwork_queue add column limited integer not null default 0;
alter table legwork_queue add column max_waiting integer;
alter table legwork_queue add column rate_max integer;        -- new jobs in a window of rate_every_ms
alter table legwork_queue add column rate_every_ms integer;
alter table legwork_queue add column window_since_ms integer not null default 0;
alter table legwork_queue add column window_used integer not null default 0;
create index legwork_queue_limited on legwork_queue (id) where limited = 1;
