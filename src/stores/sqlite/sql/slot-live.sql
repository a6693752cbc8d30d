-- Ids of a schedule's jobs that have no final state, those first that are held.
-- 1 schedule_id int
select j.id, s.standing from legwork_slot s indexed by legwork_slot_live
cross join legwork_job j on j.seq = s.seq
where s.schedule_id = ?1 and s.standing < 2
order by s.standing, s.at_ms, s.seq
