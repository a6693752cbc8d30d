-- Keeps how far a walk came.
-- 1 key text, 2 place text
insert into legwork_meta (key, value) values (?1, ?2) on conflict (key) do update set value = excluded.value
