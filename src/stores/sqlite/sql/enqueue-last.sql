-- The newest job's seq.
select coalesce(max(seq), 0) as seq from legwork_job
