-- Keeps how far a running job came, in the place of what was kept before.
-- 1 seq int, 2 value json
insert into legwork_checkpoint (seq, value) values (?1, ?2)
on conflict (seq) do update set value = ?2
