-- Notes what the store takes.
-- 1 at_ms int, 2 bytes int, 3 enqueued int, 4 live int, 5 completed int, 6 dead int, 7 cancelled int
insert into legwork_sample (at_ms, bytes, enqueued, live, completed, dead, cancelled)
values (?1, ?2, ?3, ?4, ?5, ?6, ?7)
on conflict (at_ms) do nothing
