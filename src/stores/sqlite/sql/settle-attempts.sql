-- Ends the attempts of jobs that are simply done, where this worker still holds them; in the order of the list.
-- 1 json list of [id, fence, digest, result|null], 2 holder_id int, 3 now int
insert into legwork_attempt (seq, fence, attempt, holder_id, outcome, started_at_ms, ended_at_ms, digest, progress)
select t.seq, t.fence, t.attempt, t.holder_id, 0, t.started_at_ms, ?3, s.value ->> 2, t.progress
from jsonb_each(?1) s
cross join legwork_job j on j.id = s.value ->> 0
cross join legwork_ticket t on t.seq = j.seq
where t.state = 5 and t.holder_id = ?2 and t.fence = s.value ->> 1
