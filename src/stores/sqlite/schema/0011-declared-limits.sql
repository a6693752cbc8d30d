-- INTAKE, exactly: which jobs came lately, and what code declared. window_since_ms and window_used are no longer read.
alter table legwork_queue add column came text;               -- json: [instant, jobs], the oldest first
alter table legwork_queue add column declared_digest text;
alter table legwork_queue add column declared_deployed_ms integer;
alter table legwork_worker add column limits text;            -- json: the digest of each queue's limits that its code declares
