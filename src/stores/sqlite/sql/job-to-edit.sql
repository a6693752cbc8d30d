-- What an edit looks at.
-- 1 id text
select j.seq, j.queue_id, j.task_id, coalesce(t.state, h.state) as state, t.suspect, t.avoids, j.payload,
  (select count(*) from legwork_revision r where r.seq = j.seq) as revisions
from legwork_job j
left join legwork_ticket t on t.seq = j.seq
left join legwork_history h on h.seq = j.seq
where j.id = ?1
