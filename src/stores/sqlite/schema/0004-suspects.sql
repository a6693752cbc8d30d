-- SUSPECT: a job that was lost twice beside others stands in a lane of its own kind, which only a claim for one job to run
-- alone looks at. The table of lanes is made anew, because a constraint cannot be altered; it has one row a kind of work.
create table legwork_lane_of_kind (
  id integer primary key,
  queue_id integer not null,
  task_id integer not null,
  version integer not null,
  kind integer not null default 0,   -- 0 any job 1 suspects
  unique (queue_id, task_id, version, kind)
) strict;
insert into legwork_lane_of_kind (id, queue_id, task_id, version) select id, queue_id, task_id, version from legwork_lane;
drop table legwork_lane;
alter table legwork_lane_of_kind rename to legwork_lane;

alter table legwork_ticket add column suspect integer;  -- 1, or null for nearly all jobs
create index legwork_ticket_suspect on legwork_ticket (state, started_at_ms) where suspect = 1;

-- What a crash means: null to run again, 1 a failure, 2 the end.
alter table legwork_job add column on_crash integer;
