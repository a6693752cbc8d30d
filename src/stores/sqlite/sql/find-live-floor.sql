-- The seq at which one call of that search stops looking.
-- 1 before seq int, 2 rows to look at int, 3 what is searched for, or null
select d.seq from legwork_ticket d
where d.seq < ?1 and (?3 is null or 1)
order by d.seq desc
limit 1 offset ?2
