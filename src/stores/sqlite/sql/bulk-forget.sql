-- Forgets bulk operations that have long been over, or stood still.
-- 1 over before int, 2 limit int
delete from legwork_bulk where n in (
  select n from legwork_bulk indexed by legwork_bulk_over
  where over_at_ms is not null and over_at_ms <= ?1
  order by over_at_ms, n limit ?2
)
