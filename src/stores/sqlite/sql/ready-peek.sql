-- 1 when a lane has a ready job.
-- 1 lane_id int
select exists (select 1 from legwork_ticket indexed by legwork_ticket_ready where state = 3 and lane_id = ?1) as due
