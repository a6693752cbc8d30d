-- The death at which one look stops.
-- 1 after death int, 2 up to death int, 3 rows to look at int
select id as death from legwork_dead where id > ?1 and id <= ?2 order by id limit 1 offset ?3
