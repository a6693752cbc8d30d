-- Notes that the handler of a running job begins.
-- 1 seq int
update legwork_ticket set begun_fence = fence where seq = ?1
