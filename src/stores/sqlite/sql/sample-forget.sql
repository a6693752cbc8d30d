-- Forgets samples that are old, and those of a time that is still to come.
-- 1 before int, 2 now int
delete from legwork_sample where at_ms <= ?1 or at_ms > ?2
