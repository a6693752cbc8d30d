-- Changes the number of a queue's jobs in one state.
-- 1 queue_id int, 2 state int, 3 difference int
insert into legwork_tally (queue_id, state, n) values (?1, ?2, ?3)
on conflict (queue_id, state) do update set n = n + ?3
