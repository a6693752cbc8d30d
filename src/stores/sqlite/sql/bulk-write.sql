-- Writes a bulk operation down as it stands.
-- 1 id text, 2 is open int, 3 started_at_ms int, 4 record json, 5 over_at_ms int|null
insert into legwork_bulk (id, is_open, started_at_ms, record, over_at_ms) values (?1, ?2, ?3, ?4, ?5)
on conflict (id) do update set is_open = ?2, record = ?4, over_at_ms = ?5
