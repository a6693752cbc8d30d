-- What became of a schedule's slots, newest first.
-- 1 schedule_id int, 2 limit int
select * from legwork_slot_record where schedule_id = ?1 order by id desc limit ?2
