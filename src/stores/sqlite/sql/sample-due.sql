-- 1 when no sample was taken since an instant, or the newest is by a clock that was set back.
-- 1 since int, 2 now int
select coalesce((select max(at_ms) from legwork_sample) not between ?1 and ?2, 1) as due
