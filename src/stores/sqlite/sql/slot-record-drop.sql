-- Forgets the records of a removed schedule.
-- 1 schedule_id int
delete from legwork_slot_record where schedule_id = ?1
