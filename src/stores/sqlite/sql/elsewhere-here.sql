-- The process of a worker.
-- 1 runner id int
select ran_on from legwork_runner where id = ?1
