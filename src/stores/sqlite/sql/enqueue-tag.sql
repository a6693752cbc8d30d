-- Makes a job findable by one of its tags.
-- 1 tag text, 2 seq int
insert or ignore into legwork_tag (tag, seq) values (?1, ?2)
