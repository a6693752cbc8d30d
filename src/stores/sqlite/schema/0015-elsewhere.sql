-- ELSEWHERE: a job that is to run in another process stands in a lane of its own kind, 2, until somebody claims it; its ticket names
-- the process to avoid.
alter table legwork_ticket add column avoids text;   -- as legwork_runner.ran_on; null for all other jobs
