-- Forgets who is gone, of all but the newest registrations.
-- 1 registrations kept int, 2 limit int
delete from legwork_runner where id in (
  select id from legwork_runner
  where id <= (select max(id) from legwork_runner) - ?1 and gone_at_ms is not null
  order by id limit ?2
)
