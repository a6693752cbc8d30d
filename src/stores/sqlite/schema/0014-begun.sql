-- BEGUN: the fence under which the handler of a watched job last began; null for nearly all jobs.
alter table legwork_ticket add column begun_fence integer;

-- Whether a worker says when handlers begin, and whether it was told to stop.
alter table legwork_worker add column tells_begin integer;
alter table legwork_worker add column ending integer;
