-- Deletes jobs with everything that belongs to them.
--@ use ending

local function removeAttempts(job)
  local n = job.last
  while n do
    local ending = endingAt(n)
    hput(K.ends, n, false)
    n = ending and ending.p
  end
end

local function removeLines(job)
  for i = job.l0 or 0, (job.ln or 0) - 1 do hput(K.log, job.n .. ':' .. i, false) end
end

-- A job that is in no index but that of its final state.
local function removeJob(job)
  depart(job)
  dropKey(job)
  removeAttempts(job)
  removeLines(job)
  putId(job.id, job.n, false)
  hput(K.hot, job.n, false)
  if not job.body then hput(K.body, job.n, false) end
  if job.res then hput(K.result, job.n, false) end
  if job.er then hput(K.err, job.n, false) end
  if job.pr then hput(K.progress, job.n, false) end
  if job.ck then hput(K.check, job.n, false) end
  if job.tg then hput(K.tags, job.n, false) end
  if job.rev then hput(K.revs, job.n, false) end
  jobs[job.n] = false
  changed[job.n] = nil
end

local function audit(by, verb, target, reason)
  hput(K.audit, nextOf('act'), cjson.encode({ at = now, by = by, verb = verb, target = target, reason = reason }))
end
