-- When the next finished job leaves by its age.
select expires_at_ms as at_ms from legwork_history indexed by legwork_history_expiring
where expires_at_ms is not null
order by expires_at_ms limit 1
