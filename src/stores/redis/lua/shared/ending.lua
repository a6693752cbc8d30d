-- How the lease of a running job ended, in the log of all attempts; each job's own attempts are a chain in it.
--@ use moves

local function endAttempt(job, ending)
  local n = nextOf('ending')
  ending.j, ending.p = job.n, job.last
  ending.a, ending.x, ending.w = job.try, job.fence, job.by
  ending.s, ending.e = job.start or now, now
  if job.pr then ending.pr = hget(K.progress, job.n) or nil end
  job.last = n
  hput(K.ends, n, cmsgpack.pack(ending))
end

local function endingAt(n)
  local raw = n and hget(K.ends, n)
  return raw and cmsgpack.unpack(raw) or nil
end

-- An ending as JSON for those who read: with the name of who ran it.
local function endingText(ending)
  local runner = runnerAt(ending.w)
  ending.w, ending.on = runner.id, runner.on
  return cjson.encode(ending)
end
