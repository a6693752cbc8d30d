-- Remembers which jobs came lately.
-- 1 id int, 2 came json
update legwork_queue set came = ?2 where id = ?1
