-- Jobs whose attempts were just ended.
-- 1 id of the attempt before the first of them int
select json_group_array(seq) as json from legwork_attempt where id > ?1
