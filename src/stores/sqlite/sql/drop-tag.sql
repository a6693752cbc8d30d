-- Deletes the tags of removed jobs; to be called while their bodies are still there.
-- 1 seqs json list
delete from legwork_tag where (tag, seq) in (
  select t.value, j.seq
  from json_each(?1) s cross join legwork_job j on j.seq = s.value cross join json_each(j.tags) t
)
