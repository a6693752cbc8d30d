-- The newest lane: a higher number than seen before means that somebody made one.
select coalesce(max(id), 0) as id from legwork_lane
