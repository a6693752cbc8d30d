-- Asks a running job to stop; the first reason stays.
-- 1 seq int, 2 reason text
update legwork_ticket set cancel_reason = coalesce(cancel_reason, ?2) where seq = ?1
