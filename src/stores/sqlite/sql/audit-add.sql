-- Remembers what a person did.
-- 1 at_ms int, 2 by text, 3 verb text, 4 target text, 5 reason text|null
insert into legwork_audit (at_ms, by, verb, target, reason) values (?1, ?2, ?3, ?4, ?5)
