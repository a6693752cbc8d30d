-- What a policy wants to know of finished jobs. Until when a key is held is 0 for one that is not, null without an end.
-- 1 seqs json list, 2 1 to measure them, 3 bytes of a job's rows int, 4 bytes of an attempt's row int
select h.seq, h.state, q.name as queue, h.finished_at_ms, j.retain,
  case when u.states >> h.state & 1 = 1 then u.until_ms else 0 end as held_until_ms,
  case when ?2 = 1 then ?3 + octet_length(j.payload) + coalesce(octet_length(h.result), 0)
    + (select coalesce(sum(?4 + coalesce(octet_length(a.error), 0)), 0) from legwork_attempt a where a.seq = h.seq)
    + (select coalesce(sum(octet_length(l.message) + coalesce(octet_length(l.data), 0)), 0)
      from legwork_log l where l.seq = h.seq)
  else 0 end as bytes
from json_each(?1) s
cross join legwork_history h on h.seq = s.value
cross join legwork_job j on j.seq = h.seq
cross join legwork_queue q on q.id = h.queue_id
left join legwork_unique u on u.seq = h.seq
