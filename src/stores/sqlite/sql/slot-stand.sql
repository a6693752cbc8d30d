-- Changes how the job of a slot stands; one row with its schedule.
-- 1 seq int, 2 standing int
update legwork_slot set standing = ?2 where seq = ?1
returning schedule_id
