-- A job as texts, for those who read.
--@ use ending

local function attemptsOf(job)
  local rows, n = {}, job.last
  while n do
    local ending = endingAt(n)
    if not ending then break end
    n = ending.p
    rows[#rows + 1] = endingText(ending)
  end
  return rows
end

local function linesOf(job)
  local fields = {}
  for i = job.l0 or 0, (job.ln or 0) - 1 do fields[#fields + 1] = job.n .. ':' .. i end
  return hmget(K.log, fields)
end

local function holderIn(job)
  if not job.slot or not job.slot.held then return false end
  local first = liveJobs(job.slot.of, 0, 1)[1]
  local other = first and jobAt(first)
  return other and other.id or false
end

-- With the name of who runs it.
local function jobText(job)
  local shown = {}
  for key, value in pairs(job) do shown[key] = value end
  shown.by, shown.n, shown.last, shown.body = job.by and runnerAt(job.by).id, nil, nil, nil
  return cjson.encode(shown)
end

-- What `wants` names comes besides: a for attempts (newest first), l for log lines, r for revisions.
local function textsOf(job, wants)
  local n = job.n
  local function wanted(letter) return string.find(wants, letter, 1, true) ~= nil end
  return {
    jobText(job), hget(K.lane, job.lane), payloadOf(job), job.res and hget(K.result, n) or false,
    job.er and hget(K.err, n) or false, job.pr and hget(K.progress, n) or false, job.ck and hget(K.check, n) or false,
    job.tg and hget(K.tags, n) or false, holderIn(job), wanted('a') and attemptsOf(job), wanted('l') and linesOf(job),
    wanted('r') and job.rev and hget(K.revs, n) or false,
  }
end
