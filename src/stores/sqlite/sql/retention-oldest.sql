-- The jobs of one final state that ended first, among those that count and bytes may take.
-- 1 state int, 2 limit int
select seq, state, queue_id, bytes from legwork_history indexed by legwork_history_kept
where bytes is not null and state = ?1
order by finished_at_ms, seq
limit ?2
