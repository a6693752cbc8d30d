-- Takes back everything since the newest mark.
rollback to legwork_here
