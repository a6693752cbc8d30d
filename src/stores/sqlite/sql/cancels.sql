-- Running jobs of a worker that were asked to stop.
-- 1 holder_id int
select j.id, t.fence, t.cancel_reason as reason
from legwork_ticket t indexed by legwork_ticket_asked
cross join legwork_job j on j.seq = t.seq
where t.holder_id = ?1 and t.cancel_reason is not null
order by t.seq
