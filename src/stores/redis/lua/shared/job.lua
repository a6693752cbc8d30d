-- Jobs by their numbers, the lanes in which they wait, and how many there are of each kind.
--@ use packing ids shelves tallies
local jobs, changed, lanes = {}, {}, {}
local tally, spans = {}, {}

local function isBefore(a, b)
  return numberIn(a) < numberIn(b)
end

-- Loads those that are not known yet.
local function loadJobs(numbers)
  local ask = {}
  for _, n in ipairs(numbers) do
    if jobs[n] == nil then
      ask[#ask + 1] = n
      jobs[n] = false
    end
  end
  if #ask == 0 then return end
  local rows = hmget(K.hot, ask)
  for i = 1, #ask do jobs[ask[i]] = rows[i] and unpackJob(rows[i], ask[i]) or false end
end

local function jobAt(n)
  if jobs[n] == nil then loadJobs({ n }) end
  return jobs[n] or nil
end

-- The numbers of these ids by position, read together with their jobs; false where there is none.
local function jobsOf(ids)
  local found, numbers, isLooked, numberOfId = numbersOfIds(ids), {}, {}, {}
  for i = 1, #ids do
    -- Ids of one key share a list.
    if not isLooked[found[i]] then
      isLooked[found[i]] = true
      for _, n in ipairs(found[i]) do numbers[#numbers + 1] = n end
    end
  end
  loadJobs(numbers)
  for _, n in ipairs(numbers) do
    if jobs[n] then numberOfId[jobs[n].id] = n end
  end
  for i, id in ipairs(ids) do found[i] = #found[i] > 0 and numberOfId[id] or false end
  return found
end

local function jobOf(id)
  local n = jobsOf({ id })[1]
  return n and jobAt(n) or nil
end

local function save(job)
  changed[job.n] = job
end

local function laneAt(n)
  local lane = lanes[n]
  if not lane then
    local queue, task, version = string.match(hget(K.lane, n), '^([^\n]*)\n([^\n]*)\n(.*)$')
    lane = { queue = queue, task = task, version = tonumber(version) }
    lanes[n] = lane
  end
  return lane
end

-- The number of a queue, task and payload version. Lanes are never forgotten.
local function laneOf(queue, task, version)
  local text = string.format('%s\n%s\n%d', queue, task, version)
  local known = hget(K.lanes, text)
  if known then return tonumber(known) end
  local n = nextOf('lane')
  local others = hget(K.queues, queue)
  hput(K.lanes, text, n)
  hput(K.lane, n, text)
  hput(K.queues, queue, others and (others .. ' ' .. n) or tostring(n))
  return n
end

local function lanesOf(queue)
  local numbers = {}
  for n in string.gmatch(hget(K.queues, queue) or '', '%d+') do numbers[#numbers + 1] = tonumber(n) end
  return numbers
end

-- A short payload stands in the job itself, for every claim reads both; a longer one would be written at each move.
local function payloadOf(job)
  return job.body or hget(K.body, job.n)
end

local function putPayload(job, payload, isNew)
  if #payload <= 1024 then
    if not isNew and not job.body then hput(K.body, job.n, false) end
    job.body = payload
  else
    hput(K.body, job.n, payload)
    job.body = nil
  end
end

-- Jobs by queue and state, and by state in each stretch of numbers, so that a walk can leave stretches out.
local function count(job, state, by)
  add(tally, laneAt(job.lane).queue, state, by)
  if not job.block then job.block = math.floor(numberIn(job.n) / spanSize) end
  add(spans, job.block, state, by)
end

local function writeJobs()
  for n, job in pairs(changed) do
    if jobs[n] then hput(K.hot, n, packJob(job)) end
  end
  changed = {}
  writeTallies(tally, spans)
  tally, spans = {}, {}
  writeShelves()
  writeBags()
  write()
end
