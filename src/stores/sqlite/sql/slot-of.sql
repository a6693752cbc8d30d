-- The slot of a job, and the oldest admitted job of its schedule where it is held.
-- 1 id text
select s.at_ms, s.from_ms, s.is_backfill,
  case when s.standing = 0 then (
    select h.id from legwork_slot o indexed by legwork_slot_live cross join legwork_job h on h.seq = o.seq
    where o.schedule_id = s.schedule_id and o.standing = 1 and o.standing < 2 order by o.seq limit 1
  ) end as held_by
from legwork_job j cross join legwork_slot s on s.seq = j.seq
where j.id = ?1
