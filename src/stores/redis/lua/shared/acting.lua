-- What a person asks of jobs.
--@ use removing chores

-- Brings a final job back, with a new deadline and no failures; `queue` is another one for it to go to.
local function revive(job, queue)
  local wasDone = job.state == 'completed'
  depart(job)
  if wasDone and job.ck then
    hput(K.check, job.n, false)
    job.ck = nil
  end
  if job.res then
    hput(K.result, job.n, false)
    job.res = nil
  end
  job.fails, job.losses, job.sus, job.why, job.fin = nil, nil, nil, nil, nil
  job.again, job.at = now, now
  job.exp = job.due and now + job.due or nil
  if queue then
    local lane = laneAt(job.lane)
    job.lane = laneOf(queue, lane.task, lane.version)
  end
  arrive(job, 'ready')
end

local verbs = {}

verbs.cancel = function(job, reason)
  if final[job.state] then return 'refused' end
  if job.state == 'running' then
    if not job.ask then
      job.ask = reason
      zput(K.asks, askMember(job), 0)
      save(job)
    end
    rang = true
    return 'asked'
  end
  depart(job)
  job.why = reason
  arrive(job, 'cancelled')
  return 'done'
end

verbs.promote = function(job)
  if job.state ~= 'scheduled' then return 'refused' end
  depart(job)
  job.at = now
  arrive(job, 'ready')
  return 'done'
end

verbs.retry = function(job)
  if job.state == 'scheduled' then
    local last = endingAt(job.last)
    if last and last.o == 'retry' then return verbs.promote(job) end
  end
  if not final[job.state] then return 'refused' end
  revive(job)
  return 'done'
end

verbs.remove = function(job)
  if job.state == 'running' then return 'refused' end
  if not final[job.state] then
    depart(job)
    arrive(job, 'cancelled')
  end
  removeJob(job)
  return 'done'
end

local function actOn(verb, id, by, reason)
  local job = jobOf(id)
  if not job then return { outcome = 'gone' } end
  local twin = verb == 'retry' and final[job.state] and twinOf(job) or nil
  if twin then return { outcome = 'refused', state = job.state, twin = twin.id } end
  local wasWaiting = not final[job.state]
  local outcome = verbs[verb](job, reason or ('by ' .. by))
  if outcome == 'done' and wasWaiting and (verb == 'cancel' or verb == 'remove') then
    close(job, verb == 'cancel' and 'cancelled' or 'removed', by, reason)
  end
  if outcome ~= 'refused' then audit(by, verb, id, reason) end
  return { outcome = outcome, state = job.state }
end

-- Another payload in the place of the one that is there, which is kept.
local function rewrite(job, one)
  local lane = laneAt(job.lane)
  local before = cjson.encode({
    at = now, by = one.by, reason = one.reason, version = lane.version, payload = payloadOf(job),
  })
  local others = job.rev and hget(K.revs, job.n)
  hput(K.revs, job.n, others and (others .. ',' .. before) or before)
  job.rev = (job.rev or 0) + 1
  putPayload(job, one.payload)
  if one.version ~= lane.version then
    -- It waits in another lane from now on.
    local isReady = job.state == 'ready'
    if isReady then lineUp(job, false) end
    job.lane = laneOf(lane.queue, lane.task, one.version)
    if isReady then lineUp(job, true) end
  end
  if one.key then changeKey(job, one.key) end
  save(job)
end
