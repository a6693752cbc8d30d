-- Forgets the newest mark.
release legwork_here
