-- The last job, the last ended attempt and the last act.
select
  max(coalesce((select max(seq) from legwork_job), 0),
    coalesce((select cast(value as integer) from legwork_meta where key = 'newest'), 0)) as seq,
  coalesce((select max(id) from legwork_attempt), 0) as ending,
  coalesce((select max(id) from legwork_audit), 0) as act
