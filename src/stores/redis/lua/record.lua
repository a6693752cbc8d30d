-- Progress, logs and checkpoints of running attempts: ARGV the time, the worker, the most bytes of logs, then each note as JSON.
--@ flags allow-oom
--@ use ending
local most = tonumber(ARGV[3])
local runner

-- Drops the oldest lines of the attempt over its limit.
local function cap(job)
  while job.lb > most and job.la < job.ln do
    local field = job.n .. ':' .. job.la
    local line = hget(K.log, field)
    local bytes = tonumber(string.match(line, '^%d+'))
    job.lb, job.lt = job.lb - bytes, job.lt - bytes
    hput(K.log, field, false)
    job.la = job.la + 1
    if job.la - 1 == job.l0 then job.l0 = job.la end
  end
end

local function record(note, held)
  local job = jobOf(note.id)
  if not job then return 'gone' end
  if not held or job.state ~= 'running' or job.by ~= runner or job.fence ~= note.fence then return 'stale' end
  if note.checkpoint then
    hput(K.check, job.n, note.checkpoint)
    job.ck = 1
  end
  if note.begun then job.begun = job.fence end
  if note.progress then
    hput(K.progress, job.n, string.format('%.17g ', now) .. note.progress)
    job.pr = 1
  end
  for _, line in ipairs(note.logs or {}) do
    job.ln, job.l0 = job.ln or 0, job.l0 or 0
    job.la, job.lb, job.lt = job.la or 0, (job.lb or 0) + line.bytes, (job.lt or 0) + line.bytes
    hput(K.log, job.n .. ':' .. job.ln, string.format('%d %d %.17g ', line.bytes, job.try, now - line.agoMs) .. line.text)
    job.ln = job.ln + 1
  end
  if job.ln then cap(job) end
  save(job)
  return 'applied'
end

local answers, held = {}, isHeld(ARGV[2])
runner = numberOf(ARGV[2])
for i = 4, #ARGV do answers[i - 3] = record(cjson.decode(ARGV[i]), held) end
writeMoves()
return answers
