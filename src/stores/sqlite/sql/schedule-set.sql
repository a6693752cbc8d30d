-- Changes a schedule; its revision rises.
-- 1 id int, 2 cursor_at_ms int, 3 next_at_ms int|null, 4 body json
update legwork_schedule set revision = revision + 1, cursor_at_ms = ?2, next_at_ms = ?3, body = ?4 where id = ?1
