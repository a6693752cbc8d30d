-- Takes back an attempt of the transaction that wrote it.
-- 1 seq int, 2 fence int
delete from legwork_attempt where seq = ?1 and fence = ?2
