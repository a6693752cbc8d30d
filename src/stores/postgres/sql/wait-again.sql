-- Sends a running job back into the line, with the counters and the time that the row carries.
create or replace function wait_again(t ticket, p_to int, p_now bigint) returns void language plpgsql as $$
#variable_conflict use_column
begin
  update ticket set state = p_to, available_at_ms = t.available_at_ms,
    sort_key = t.available_at_ms + (select priority from job where seq = t.seq) * 60000,
    fence = t.fence, failures = t.failures, losses = t.losses, snoozes = t.snoozes, releases = t.releases, suspect = t.suspect,
    lane_id = t.lane_id, avoids = t.avoids, holder_id = null, call = null, cancel_reason = null, started_at_ms = null, progress = null,
    log_lines = null, log_bytes = null
  where seq = t.seq;
  perform tally_move(t.queue_id, 5, p_to);
  if t.unique_states is not null then perform take_key_again(t.seq, p_now); end if;
end $$
