-- Registered workers with the number of jobs that each holds.
select r.worker as id, w.*,
  (select count(*) from legwork_ticket t indexed by legwork_ticket_running
    where t.state = 5 and t.holder_id = w.holder_id) as running
from legwork_worker w cross join legwork_runner r on r.id = w.holder_id
order by w.started_at_ms, w.holder_id
