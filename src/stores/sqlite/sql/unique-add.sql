-- Gives a new job its key.
-- 1 seq int, 2 key text, 3 states int, 4 until_ms int|null
insert into legwork_unique (seq, key, states, until_ms, held) values (?1, ?2, ?3, ?4, 1)
