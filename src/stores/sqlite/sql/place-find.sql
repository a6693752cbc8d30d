-- How far a walk came.
-- 1 key text
select value from legwork_meta where key = ?1
