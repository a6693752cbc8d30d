-- What a worker said about a lease before.
-- 1 seq int, 2 fence int, 3 holder_id int
select digest from legwork_attempt where seq = ?1 and fence = ?2 and holder_id = ?3
