-- Moves a ticket between held and waiting.
-- 1 seq int, 2 state int, 3 available_at_ms int, 4 sort_key int
update legwork_ticket set state = ?2, available_at_ms = ?3, sort_key = ?4 where seq = ?1
