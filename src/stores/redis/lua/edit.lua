-- Gives jobs that do not run another payload: ARGV the time, then each edit as JSON.
--@ flags
--@ use acting
local function edit(one)
  local job = jobOf(one.id)
  if not job then return { outcome = 'gone' } end
  if job.state == 'running' then return { outcome = 'refused', state = job.state } end
  local seen, payload = job.rev or 0, payloadOf(job)
  if seen == one.revision + 1 and payload == one.payload then return { outcome = 'done', state = job.state } end
  if seen ~= one.revision or (one.was or payload) ~= payload then return { outcome = 'changed', state = job.state } end
  local twin = editTwin(job, one.key)
  if twin then return { outcome = 'twin', state = job.state, twin = twin.id } end
  rewrite(job, one)
  audit(one.by, 'edit', one.id, one.reason)
  return { outcome = 'done', state = job.state }
end
local answers = {}
for i = 2, #ARGV do
  answers[i - 1] = cjson.encode(edit(cjson.decode(ARGV[i])))
  writeMoves()
end
return answers
