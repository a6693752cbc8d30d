-- Makes one scheduled job ready now.
-- 1 seq int, 2 now int, 3 sort_key int
update legwork_ticket set state = 3, available_at_ms = ?2, sort_key = ?3 where seq = ?1 and state = 1
