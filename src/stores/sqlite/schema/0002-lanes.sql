-- LANE: jobs of one queue, task and payload version. Ready jobs stand in line by lane, so a worker that does not know
-- a task, or only older payloads of it, never looks at jobs that it cannot run. A queue's order is a merge of its lanes.
create table legwork_lane (
  id integer primary key,
  queue_id integer not null,
  task_id integer not null,
  version integer not null,
  unique (queue_id, task_id, version)
) strict;

insert into legwork_lane (queue_id, task_id, version)
select distinct j.queue_id, j.task_id, j.version
from legwork_ticket t join legwork_job j on j.seq = t.seq;

alter table legwork_ticket add column lane_id integer not null default 0;
update legwork_ticket set lane_id = (
  select l.id from legwork_job j
  join legwork_lane l on l.queue_id = j.queue_id and l.task_id = j.task_id and l.version = j.version
  where j.seq = legwork_ticket.seq
);

drop index legwork_ticket_ready;
create index legwork_ticket_ready on legwork_ticket (lane_id, sort_key) where state = 3;
