-- Makes due jobs ready, the most overdue first; one row a job with its queue.
-- 1 now int, 2 limit int
update legwork_ticket set state = 3
where seq in (
  select seq from legwork_ticket indexed by legwork_ticket_scheduled
  where state = 1 and available_at_ms <= ?1
  order by available_at_ms, seq
  limit ?2
)
returning queue_id
