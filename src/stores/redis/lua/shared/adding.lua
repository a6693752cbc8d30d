-- New jobs, and what they do to their twins.
--@ use time intake

-- When a job that was never started is given up.
local function earliest(ttl, due)
  local ms = math.min(ttl or math.huge, due or math.huge)
  return ms < math.huge and now + ms or nil
end

-- What the shape says, on the job.
local function wear(job, shape)
  shape.lane = shape.lane or laneOf(shape.queue, shape.task, shape.version)
  job.lane, job.prio, job.max = shape.lane, shape.priority, shape.maxAttempts
  job.rc, job.rx, job.rd = shape.rc, shape.rx, shape.rd
  job.due, job.crash = shape.deadlineMs, shape.onCrash
  job.ustates, job.ufor = shape.states, shape.forMs
  if shape.tags or job.tg then
    hput(K.tags, job.n, shape.tags or false)
    job.tg = shape.tags and 1 or nil
  end
end

local function addJob(new)
  local shape = new.shape
  local job = { n = packed(nextOf('seq')), id = new.id, made = now, at = later(new.wait), ukey = new.ukey, state = 'scheduled' }
  wear(job, shape)
  job.exp = earliest(shape.ttlMs, shape.deadlineMs)
  jobs[job.n] = job
  putId(job.id, job.n, true)
  putPayload(job, new.payload, true)
  arrive(job, job.at > now and 'scheduled' or 'ready')
  if job.ukey then takeKey(job) end
  return job
end

-- The rule is replacedAt of src/job/unique.ts.
local function replacedAt(twin, new)
  local shape = new.shape
  if shape.onConflict == 'latest' or (twin.try or 0) > 0 then return twin.at end
  local wanted = now
  if new.wait ~= '' then
    wanted = tonumber(string.sub(new.wait, 2)) + (string.sub(new.wait, 1, 1) == 'd' and now or 0)
  end
  return math.max(now, math.min(wanted, twin.made + (shape.maxWaitMs or math.huge)))
end

-- A waiting twin takes what the newcomer says; it keeps its id, its queue, its key and what has happened to it.
local function replace(twin, new)
  if stateNow(twin) ~= 'scheduled' and stateNow(twin) ~= 'ready' then return false end
  local at, shape = replacedAt(twin, new), new.shape
  local queue, prio, states, forMs = laneAt(twin.lane).queue, twin.prio, twin.ustates, twin.ufor
  depart(twin)
  wear(twin, shape)
  twin.lane = laneOf(queue, shape.task, shape.version)
  twin.ustates, twin.ufor = states, forMs
  if shape.onConflict == 'latest' then twin.prio = prio end
  twin.at, twin.again, twin.av = at, now, nil
  putPayload(twin, new.payload)
  if twin.ck then
    hput(K.check, twin.n, false)
    twin.ck = nil
  end
  local ttl = (twin.try or 0) == 0 and shape.ttlMs or nil
  twin.exp = earliest(ttl, shape.deadlineMs)
  arrive(twin, at > now and 'scheduled' or 'ready')
  return true
end

local function answerFor(job, outcome)
  return { id = job.id, outcome = outcome, state = outcome == 'duplicate' and job.state or stateNow(job), task = laneAt(job.lane).task }
end

-- What becomes of a newcomer whose key is held; `nil` where it is not, or there is no key.
local function meetTwin(new)
  local twin = new.ukey and holderOf(new.ukey)
  if not twin then return nil end
  local replaced = new.shape.onConflict ~= 'return' and replace(twin, new)
  return answerFor(twin, replaced and 'replaced' or 'existing')
end

local function enqueueAll(news, allOrNone)
  local ids, answers, added = {}, {}, {}
  for i, new in ipairs(news) do ids[i] = new.id end
  local found = jobsOf(ids)
  local refused = refusals(news, found, allOrNone)
  for i, new in ipairs(news) do
    -- One before it in this call may have the same id.
    local known = found[i] and jobAt(found[i]) or added[new.id]
    if refused[i] then
      answers[i] = { id = new.id, outcome = 'refused', refusal = refused[i] }
    elseif known then
      answers[i] = answerFor(known, 'duplicate')
    else
      answers[i] = meetTwin(new)
      if not answers[i] then
        added[new.id] = addJob(new)
        answers[i] = added[new.id].state
      end
    end
  end
  return answers
end
