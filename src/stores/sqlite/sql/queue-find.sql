-- A queue's number, and whether it is paused.
-- 1 name text
select id, paused_at_ms is not null as paused from legwork_queue where name = ?1
