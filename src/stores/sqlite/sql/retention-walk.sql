-- Finished jobs after one, for a walk over all of them.
-- 1 after seq int, 2 limit int
select seq from legwork_history where seq > ?1 order by seq limit ?2
