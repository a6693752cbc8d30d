-- The first sample since an instant.
-- 1 since int, 2 now int
select at_ms, bytes, enqueued, live, completed, dead, cancelled from legwork_sample
where at_ms between ?1 and ?2
order by at_ms limit 1
