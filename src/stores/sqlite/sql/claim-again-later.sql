-- Keeps jobs that found no room in this answer for the next one, which will name this call as received.
-- 1 holder_id int, 2 last received call int, 3 seqs delivered now json list, 4 next call int
update legwork_ticket indexed by legwork_ticket_running set call = ?4
where state = 5 and holder_id = ?1 and call > ?2 and seq not in (select value from json_each(?3))
