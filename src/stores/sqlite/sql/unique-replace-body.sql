-- A waiting job says what its newest twin said.
-- 1 seq int, 2 version int, 3 priority int, 4 max_attempts int, 5 ttl_ms int|null, 6 deadline_ms int|null, 7 tags json|null,
-- 8 retain json|null, 9 payload json
update legwork_job set version = ?2, priority = ?3, max_attempts = ?4, ttl_ms = ?5, deadline_ms = ?6, tags = ?7,
  retain = ?8, payload = ?9
where seq = ?1
