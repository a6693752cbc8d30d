-- The first jobs of a schedule that are held and have not expired, in the order of their slots.
-- 1 schedule_id int, 2 limit int, 3 now int
select s.seq, t.queue_id, t.available_at_ms, j.priority
from legwork_slot s indexed by legwork_slot_live
cross join legwork_ticket t on t.seq = s.seq
cross join legwork_job j on j.seq = s.seq
where s.schedule_id = ?1 and s.standing = 0 and s.standing < 2 and (t.expires_at_ms is null or t.expires_at_ms > ?3)
order by s.at_ms, s.seq
limit ?2
