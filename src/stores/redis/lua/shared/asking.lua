-- What a worker asks for, and when it should ask again.
--@ use time write

-- The versions that the worker knows, by task; `nil` when it can run anything.
local function knownTasks(ask)
  if not ask.tasks then return nil end
  local known = {}
  for _, task in ipairs(ask.tasks) do
    known[task.name] = math.max(known[task.name] or 0, task.version)
  end
  return known
end

local function canRun(known, lane)
  return not known or (known[lane.task] ~= nil and lane.version <= known[lane.task])
end

-- The number of a worker that holds its lease.
local runnersHeld = {}

local function runnerOf(worker)
  if runnersHeld[worker] == nil then
    local ends = redis.call('ZSCORE', K.leases, worker)
    local isHeldNow = ends and tonumber(ends) > mono
    runnersHeld[worker] = isHeldNow and tonumber(redis.call('HGET', K.runners, worker)) or false
  end
  return runnersHeld[worker]
end

-- Queue, task and version of a lane.
local laneTexts = {}

local function laneText(n)
  if not laneTexts[n] then laneTexts[n] = redis.call('HGET', K.lane, n) end
  return laneTexts[n]
end

-- The next instant at which time alone may bring work: a due job, or another worker's lease that runs out.
local function nextDue(worker)
  local due = tonumber(redis.call('ZRANGE', K.due, 0, 0, 'WITHSCORES')[2] or 'inf')
  local leases = redis.call('ZRANGE', K.leases, 0, 1, 'WITHSCORES')
  for i = 1, #leases, 2 do
    if leases[i] ~= worker then due = math.min(due, now + tonumber(leases[i + 1]) - mono) end
  end
  return due < math.huge and math.ceil(due) or nil
end

-- With texts as keys, which a list is not.
local function byText(rows)
  local texts = {}
  for key, value in pairs(rows) do texts[tostring(key)] = value end
  return texts
end
