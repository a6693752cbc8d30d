-- Notes that a worker was told to stop.
-- 1 holder_id int
update legwork_worker set ending = 1 where holder_id = ?1
