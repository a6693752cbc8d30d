-- Gives finished jobs the time and the weight that the policy says.
-- 1 json list of [seq, expires_at_ms|null, bytes|null]
update legwork_history set expires_at_ms = w.value ->> 1, bytes = w.value ->> 2
from json_each(?1) w
where legwork_history.seq = w.value ->> 0
