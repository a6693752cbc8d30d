-- Dead jobs that a filter lets through, in the order in which they died.
-- 1 after death int, 2 up to death int, 3 limit int, 4 failure ids json list|null, 5 since int|null, 6 until int|null,
-- 7 reason text|null, 8 tag text|null, 9 text in the last error text|null
select d.id as death, j.id
from legwork_dead d
cross join legwork_job j on j.seq = d.seq
where d.id > ?1 and d.id <= ?2
  and (?4 is null or d.failure_id in (select value from json_each(?4)))
  and (?5 is null or d.died_at_ms >= ?5) and (?6 is null or d.died_at_ms < ?6)
  and (?7 is null or ?7 = (select h.reason from legwork_history h where h.seq = d.seq))
  and (?8 is null or exists (select 1 from legwork_tag g where g.tag = ?8 and g.seq = d.seq))
  and (?9 is null or instr(json_extract((
    select a.error from legwork_attempt a
    where a.seq = d.seq and a.outcome <> 6 and (a.error is not null or a.outcome = 0)
    order by a.fence desc limit 1
  ), '$.message'), ?9) > 0)
order by d.id
limit ?3
