-- How the lease of a running job ended, in the log of all attempts; each job's own attempts are a chain in it.
--@ use moves

local function endAttempt(job, ending)
  local n = packed(nextOf('ending'))
  ending.j, ending.p = job.n, job.last
  ending.a, ending.x, ending.w = job.try, job.fence, job.by
  ending.s, ending.e = job.start or now, now
  if job.pr then ending.pr = hget(K.progress, job.n) or nil end
  job.last = n
  hput(K.ends, n, packEnding(ending))
end

-- An ending as JSON for those who read: with the name of who ran it.
local function endingText(ending)
  local runner = runnerAt(ending.w)
  ending.w, ending.on, ending.j, ending.p = runner.id, runner.on, nil, nil
  return cjson.encode(ending)
end
