-- Writes a payload in the place of another one; a row when it was still that one.
-- 1 id text, 2 was text, 3 now text
update legwork_job set payload = ?3 where id = ?1 and payload = ?2 returning seq
