-- 1 when this worker holds jobs from a call whose answer it never received.
-- 1 holder_id int, 2 last received call int
select exists (
  select 1 from legwork_ticket indexed by legwork_ticket_running where state = 5 and holder_id = ?1 and call > ?2
) as due
