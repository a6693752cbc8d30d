-- Forgets how far a walk came.
-- 1 key text
delete from legwork_meta where key = ?1
