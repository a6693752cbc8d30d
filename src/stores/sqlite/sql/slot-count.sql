-- How many jobs of a schedule have no final state, and how many of these are held.
-- 1 schedule_id int
select count(*) as live, count(*) filter (where standing = 0) as held
from legwork_slot indexed by legwork_slot_live
where schedule_id = ?1 and standing < 2
