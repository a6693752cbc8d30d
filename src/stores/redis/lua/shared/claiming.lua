-- Ready jobs in order, for one worker, after what it never received.
--@ use chores handing asking
local trialMs, elsewhereMs = 30000, 30000
-- Jobs for other processes that one claim passes over.
local lookedMost = 1000

local others = {}

-- Whether a worker of another process lives that can take such a job over.
local function hasOther(lane, avoided)
  local key = lane .. ' ' .. avoided
  if others[key] ~= nil then return others[key] end
  local wanted = laneAt(lane)
  others[key] = false
  local rows = redis.call('HGETALL', K.workers)
  for i = 1, #rows, 2 do
    local known = cmsgpack.unpack(rows[i + 1])
    local about = cjson.decode(known.about)
    local queues, tasks = {}, {}
    for _, name in ipairs(about.queues) do queues[name] = true end
    for _, name in ipairs(about.tasks) do tasks[name] = about.versions and about.versions[name] or 1 end
    local serves = queues[wanted.queue] and (tasks[wanted.task] or 0) >= wanted.version
    if serves and not known.ending and runnerAt(known.n).on ~= avoided and isHeld(rows[i]) then others[key] = true end
  end
  return others[key]
end

-- False for a job that this worker's process is to leave to another, while another one can take it and not for ever.
local function isFor(job, worker)
  if not job.av or runnerAt(numberOf(worker)).on ~= job.av then return true end
  return job.at + elsewhereMs <= now or not hasOther(job.lane, job.av)
end

-- Where the lanes of a queue begin and end: those of suspects, or the plain ones with those that avoid a process.
local function headsOf(queue, ask, alone, known)
  local kinds, heads = alone and { 115 } or { 114 }, {}
  if not alone and ask.avoided then kinds[2] = 97 end
  for _, n in ipairs(lanesOf(queue)) do
    for _, kind in ipairs(canRun(known, laneAt(n)) and kinds or {}) do
      local from, past = laneRange(kind, n)
      heads[#heads + 1] = { from = from, past = past, at = 1, rows = {}, asks = kind == 97 }
    end
  end
  return heads
end

-- The heads of a queue's lanes, merged: at most `room` jobs.
local function takeReady(queue, ask, alone, known, room)
  local heads, taken, left = headsOf(queue, ask, alone, known), {}, lookedMost
  local chunk = math.ceil(room / math.max(1, #heads) / 48) + 1
  local function refill(head)
    if head.over or head.rows[head.at] then return end
    local members = redis.call('ZRANGEBYLEX', K.ready, head.from, head.past, 'LIMIT', 0, chunk)
    head.rows, head.at = entriesOf(members, 4, 11), 1
    head.over = #members < chunk
    if #members > 0 then head.from = '(' .. members[#members] end
  end
  -- The head that comes first: by its place in the line, then by its number.
  local function first()
    local best, key, seq
    for _, head in ipairs(heads) do
      refill(head)
      local row = head.rows[head.at]
      if row and #heads == 1 then return head end
      if row then
        local place, n = struct.unpack('>I6I5', row)
        if not key or place < key or (place == key and n < seq) then best, key, seq = head, place, n end
      end
    end
    return best
  end
  while #taken < room and left > 0 do
    local best = first()
    if not best then break end
    local n = string.sub(best.rows[best.at], -5)
    if not best.asks or isFor(jobAt(n), ask.worker) then taken[#taken + 1] = n else left = left - 1 end
    best.at = best.at + 1
  end
  loadJobs(taken)
  return taken
end

local function startJob(job, ask)
  depart(job)
  job.fence, job.try = (job.fence or 0) + 1, (job.try or 0) + 1
  -- A started job has outlived its ttl; its deadline stays.
  job.exp = job.due and (job.again or job.made) + job.due or nil
  if job.pr then
    hput(K.progress, job.n, false)
    job.pr = nil
  end
  if job.ln then job.la, job.lb = job.ln, 0 end
  job.av = nil
  job.by, job.call, job.start = numberOf(ask.worker), ask.call, now
  arrive(job, 'running')
end

local function moveCall(job, call)
  handOut(job, false)
  job.call = call
  handOut(job, true)
  save(job)
end

-- First what was handed to this worker in a call whose answer it never received: same fence, same attempt.
local function takeAgain(ask)
  local worker = workerOf(ask.worker)
  local _, past = workerRange(worker.n)
  local from = '[' .. struct.pack('>I5I6', worker.n, ask.received + 1)
  local lost = handedOut(from, past)
  table.sort(lost, function(a, b)
    local x, y = jobAt(a).fence, jobAt(b).fence
    return x < y or (x == y and isBefore(a, b))
  end)
  local taken = {}
  for i, n in ipairs(lost) do
    if i <= ask.limit then
      taken[i] = n
    else
      -- The next ask will name this call as received; what found no room now must still count as not received then.
      moveCall(jobAt(n), ask.call + 1)
    end
  end
  return taken
end

local function take(ask, known)
  local taken, again = takeAgain(ask), {}
  for _, n in ipairs(taken) do
    local queue = laneAt(jobAt(n).lane).queue
    again[queue] = (again[queue] or 0) + 1
  end
  ask.avoided = #redis.call('ZRANGEBYLEX', K.ready, '[a', '(b', 'LIMIT', 0, 1) > 0
  local most = ask.alone and math.min(1, ask.limit) or ask.limit
  local many = #ask.queues
  for i = 0, many - 1 do
    local queue = ask.queues[(i + ask.call) % many + 1]
    local room = math.min(most - #taken, queue.limit - (again[queue.name] or 0))
    if room > 0 and not hget(K.paused, queue.name) then
      for _, n in ipairs(takeReady(queue.name, ask, ask.alone, known, room)) do
        startJob(jobAt(n), ask)
        taken[#taken + 1] = n
      end
    end
  end
  return taken
end

-- Whether this worker should make room for a suspect: one waits, and nobody else has lately begun with one.
local function suspectsWait(ask, known)
  if ask.limit <= 0 or #redis.call('ZRANGEBYLEX', K.ready, '[s', '+', 'LIMIT', 0, 1) == 0 then return false end
  local waits = false
  for _, queue in ipairs(ask.queues) do
    if queue.limit > 0 and not waits and not hget(K.paused, queue.name) then
      waits = #takeReady(queue.name, ask, true, known, 1) > 0
    end
  end
  if not waits then return false end
  for _, member in ipairs(redis.call('ZRANGEBYSCORE', K.trials, '(' .. string.format('%.17g', now - trialMs), '+inf', 'LIMIT', 0, 1000)) do
    local job = jobAt(member)
    if job.by ~= numberOf(ask.worker) and isHeld(runnerAt(job.by).id) then return false end
  end
  return true
end

local function cancelsOf(worker)
  local known, rows = workerOf(worker), {}
  if not known then return rows end
  local from, past = workerRange(known.n)
  for i, n in ipairs(numbersOf(redis.call('ZRANGEBYLEX', K.asks, from, past))) do
    local job = jobAt(n)
    rows[i] = { id = job.id, fence = job.fence, reason = job.ask }
  end
  return rows
end

local function rowsOf(taken, head)
  local answer = newAnswer()
  for _, n in ipairs(taken) do
    local job = jobAt(n)
    handOver(answer, numberIn(n), factPlace(answer, factOf(job)), textFor(job.id, payloadOf(job)))
    addMore(answer, moreOf(job))
  end
  return replyOf(head, answer)
end

local function headOf(ask, known, taken)
  local used = {}
  for _, n in ipairs(taken) do
    local lane = jobAt(n).lane
    if not used[lane] then used[lane] = hget(K.lane, lane) end
  end
  return cjson.encode({
    lease = 'held', now = now, nextDueAt = nextDue(ask.worker), lanes = byText(used),
    cancels = cancelsOf(ask.worker), suspects = suspectsWait(ask, known) or nil,
  })
end

-- The answer: a head as JSON, then the jobs.
local function claim(text)
  local ask = cjson.decode(text)
  if not isHeld(ask.worker) then return { cjson.encode({ lease = 'lost', now = now }) } end
  if ask.limit > 0 then
    lapseOverdue(1000)
    promote(1000)
    expire(1000)
  end
  local known = knownTasks(ask)
  local taken = take(ask, known)
  writeMoves()
  return rowsOf(taken, headOf(ask, known, taken))
end
