-- How many jobs of a schedule may run at once, and how many are admitted.
-- 1 schedule_id int
select c.max_running, (
    select count(*) from legwork_slot indexed by legwork_slot_live where schedule_id = ?1 and standing = 1 and standing < 2
  ) as admitted
from legwork_schedule c where c.id = ?1
