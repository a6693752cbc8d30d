-- Schedules with a next slot, the earliest first.
-- 1 limit int
select * from legwork_schedule indexed by legwork_schedule_due
where next_at_ms is not null
order by next_at_ms, name
limit ?1
