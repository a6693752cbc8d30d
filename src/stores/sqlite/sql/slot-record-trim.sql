-- Forgets all but the newest records of a schedule.
-- 1 schedule_id int, 2 number kept int
delete from legwork_slot_record
where schedule_id = ?1 and id <= (
  select id from legwork_slot_record where schedule_id = ?1 order by id desc limit 1 offset ?2
)
