-- Notes what a crash means for a job, where it is not the usual.
-- 1 seq int, 2 on_crash int
update legwork_job set on_crash = ?2 where seq = ?1
