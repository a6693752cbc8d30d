-- Forgets who has been gone for long; not the newest, so that no number is given twice.
-- 1 gone before int, 2 limit int
delete from legwork_runner where id in (
  select id from legwork_runner indexed by legwork_runner_gone
  where gone_at_ms is not null and gone_at_ms <= ?1 and id < (select max(id) from legwork_runner)
  order by gone_at_ms, id limit ?2
)
