-- Remembers the number of the newest job when it is among those removed; it never goes back.
-- 1 seqs json list
insert into legwork_meta (key, value)
select 'newest', cast(newest.seq as text) from (select (select max(seq) from legwork_job) as seq) newest
where newest.seq in (select value from json_each(?1))
on conflict (key) do update set value = excluded.value
where cast(excluded.value as integer) > cast(legwork_meta.value as integer)
