-- Forgets a registration.
-- 1 holder_id int
delete from legwork_worker where holder_id = ?1
