-- The newest job's seq, also when that job was removed: no number is given twice.
select max(coalesce((select max(seq) from legwork_job), 0),
  coalesce((select cast(value as integer) from legwork_meta where key = 'newest'), 0)) as seq
