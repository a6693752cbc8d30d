-- 1 when suspects wait, and no other live worker has lately begun with one.
-- 1 started after int, 2 holder_id of the asker int, 3 monotonic now real, 4 boot text
select exists (select 1 from legwork_ticket indexed by legwork_ticket_suspect where suspect = 1 and state = 3)
  and not exists (
    select 1 from legwork_ticket t indexed by legwork_ticket_suspect
    join legwork_worker w on w.holder_id = t.holder_id
    where t.suspect = 1 and t.state = 5 and t.started_at_ms > ?1 and t.holder_id <> ?2
      and w.lease_ends_mono_ms > ?3 and w.boot = ?4
  ) as due
