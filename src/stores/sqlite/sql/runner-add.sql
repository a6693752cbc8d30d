-- Gives a worker its number, the one that it has or a new one.
-- 1 worker text, 2 ran_on text
insert into legwork_runner (worker, ran_on) values (?1, ?2)
on conflict (worker) do update set ran_on = ?2, gone_at_ms = null returning id
