-- Counts dead jobs that left their group: they came back, or were removed.
-- 1 failure_id int, 2 how many int
update legwork_failure set dead = dead - ?2 where id = ?1
