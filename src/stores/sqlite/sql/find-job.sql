-- Jobs of any state, newest first.
-- 1 before seq int, 2 from seq on int, 3 limit int, 4 queue_id int|null, 5 task_id int|null, 6 states json list|null,
-- 7 tag text|null, 8 the one state int|null
select d.seq
from legwork_job d
cross join legwork_job j on j.seq = d.seq
left join legwork_ticket t on t.seq = d.seq
left join legwork_history h on h.seq = d.seq
where d.seq < ?1 and d.seq >= ?2
  and (?4 is null or j.queue_id = ?4) and (?5 is null or j.task_id = ?5)
  and (?6 is null or coalesce(t.state, h.state) in (select value from json_each(?6)))
  and (?7 is null or exists (select 1 from legwork_tag g where g.tag = ?7 and g.seq = j.seq))
order by d.seq desc
limit ?3
