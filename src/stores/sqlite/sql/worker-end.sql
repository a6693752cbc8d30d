-- What a loss of this worker says of its jobs.
-- 1 holder_id int
select tells_begin, ending from legwork_worker where holder_id = ?1
