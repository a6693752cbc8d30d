-- Forgets all but the newest.
-- 1 kept int
delete from legwork_closing
where id <= (select seq from sqlite_sequence where name = 'legwork_closing') - ?1
