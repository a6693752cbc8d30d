-- 1 when a queue has a ready job.
-- 1 queue_id int
select exists (select 1 from legwork_ticket indexed by legwork_ticket_ready where state = 3 and queue_id = ?1) as due
