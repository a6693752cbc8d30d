-- Finished jobs whose time is over.
-- 1 now int, 2 limit int
select seq, state, queue_id from legwork_history indexed by legwork_history_expiring
where expires_at_ms is not null and expires_at_ms <= ?1
order by expires_at_ms
limit ?2
