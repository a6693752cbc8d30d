-- The last job, the last ended attempt, the last act and the last closing that ever were.
select
  max(coalesce((select max(seq) from legwork_job), 0),
    coalesce((select cast(value as integer) from legwork_meta where key = 'newest'), 0)) as seq,
  coalesce((select seq from sqlite_sequence where name = 'legwork_attempt'), 0) as ending,
  coalesce((select seq from sqlite_sequence where name = 'legwork_audit'), 0) as act,
  coalesce((select seq from sqlite_sequence where name = 'legwork_closing'), 0) as closing
