-- Jobs that this worker holds from a call whose answer it never received, to be delivered again.
-- 1 holder_id int, 2 last received call int, 3 limit int
select t.seq, j.id, k.name as task, q.name as queue, j.version, t.fence, t.attempt, t.failures, t.losses,
  j.max_attempts, j.created_at_ms, t.started_at_ms, t.expires_at_ms as deadline_at_ms, t.suspect, j.on_crash, j.payload,
  (select value from legwork_checkpoint where seq = t.seq) as checkpoint
from legwork_ticket t indexed by legwork_ticket_running
cross join legwork_job j on j.seq = t.seq
cross join legwork_task k on k.id = j.task_id
cross join legwork_queue q on q.id = t.queue_id
where t.state = 5 and t.holder_id = ?1 and t.call > ?2
order by t.fence, t.seq
limit ?3
