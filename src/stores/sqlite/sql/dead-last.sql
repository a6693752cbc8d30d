-- The number of the newest death, whether the job is still dead or not.
select coalesce(max(seq), 0) as death from sqlite_sequence where name = 'legwork_dead'
