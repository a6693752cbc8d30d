-- The move of a job from one state to another: out of one index, into the other, with all that belongs to it.
--@ use keys dead weights bell
local final = { completed = true, dead = true, cancelled = true }
local waits = { ready = true, scheduled = true, blocked = true }
local holders = {}
local depart, arrive

-- Into the line of its lane, or with `false` out of it.
local function lineUp(job, isIn)
  local kind = job.sus and 115 or job.av and 97 or 114
  shelve(shelves, K.ready, struct.pack('>BI3', kind, job.lane), struct.pack('>I6', job.at + job.prio * ageStep) .. job.n, isIn)
end

-- A registration as it stands in the store.
local function workerOf(id)
  if holders[id] == nil then
    local raw = hget(K.workers, id)
    holders[id] = raw and cmsgpack.unpack(raw) or false
  end
  return holders[id] or nil
end

local function isHeld(id)
  local ends = redis.call('ZSCORE', K.leases, id)
  return ends and tonumber(ends) > mono
end

local function numberOf(id)
  local worker = workerOf(id)
  return worker and worker.n
end

-- Among those that its worker was handed in one call, or with `false` out of them.
local function handOut(job, isIn)
  shelve(bags, K.run, struct.pack('>I5I6', job.by, job.call), job.n, isIn)
end

local function handedOut(from, past)
  local numbers = entriesOf(redis.call('ZRANGEBYLEX', K.run, from, past), 11, 5)
  loadJobs(numbers)
  return numbers
end

-- All that begins with the number of a worker.
local function workerRange(n)
  return '[' .. struct.pack('>I5', n), '(' .. struct.pack('>I5', n + 1)
end

-- All of a lane: 114 plain, 115 suspects, 97 those that avoid a process.
local function laneRange(kind, lane)
  return '[' .. struct.pack('>BI3', kind, lane), '(' .. struct.pack('>BI3', kind, lane + 1)
end

local function askMember(job)
  return struct.pack('>I5', job.by) .. job.n
end

local function writeMoves()
  writeGroups()
  writeJobs()
end

-- Jobs of a schedule that have no final state: 0 those that may run, 1 those that wait for an earlier one.
local function liveMember(job)
  local slot = job.slot
  if slot.held then return string.format('%010d1%016d', slot.of, slot.at) .. job.n end
  return string.format('%010d0', slot.of) .. job.n
end

local function liveRange(of, kind)
  local from = string.format('[%010d%d', of, kind)
  return from, from .. ':'
end

local function liveCount(of, kind)
  local from, to = liveRange(of, kind)
  return redis.call('ZLEXCOUNT', K.live, from, to)
end

local function liveJobs(of, kind, most)
  local from, to = liveRange(of, kind)
  local numbers = {}
  for _, member in ipairs(redis.call('ZRANGEBYLEX', K.live, from, to, 'LIMIT', 0, most)) do
    numbers[#numbers + 1] = string.sub(member, -5)
  end
  loadJobs(numbers)
  return numbers
end

local function planAt(name)
  local raw = hget(K.schedules, name)
  return raw and cmsgpack.unpack(raw) or nil
end

-- A job of a schedule has ended, or was brought back: those that wait for it may go.
local function slotMoved(job)
  local plan = planAt(job.slot.name)
  local isCurrent = plan and plan.n == job.slot.of
  if not final[job.state] then
    if isCurrent then zput(K.live, liveMember(job), 0) end
    return
  end
  zput(K.live, liveMember(job), false)
  job.slot.held = nil
  if not isCurrent then return end
  writeMoves()
  local room = plan.max and plan.max - liveCount(plan.n, 0) or math.huge
  for _, n in ipairs(liveJobs(plan.n, 1, 1000)) do
    local held = jobAt(n)
    if room <= 0 then return end
    if not held.exp or held.exp > now then
      room = room - 1
      zput(K.live, liveMember(held), false)
      depart(held)
      held.slot.held = nil
      held.at = math.max(held.at, now)
      arrive(held, held.at > now and 'scheduled' or 'ready')
    end
  end
end

-- Takes a job out of the index of its state. It must arrive somewhere in the same script.
depart = function(job)
  local state = job.state
  if state == 'ready' then
    lineUp(job, false)
  elseif state == 'scheduled' then
    zput(K.due, job.n, false)
  elseif state == 'running' then
    handOut(job, false)
    if job.ask then zput(K.asks, askMember(job), false) end
    if job.sus then zput(K.trials, job.n, false) end
  elseif state == 'dead' then
    risen(job)
  end
  if job.exp and waits[state] then zput(K.expire, job.n, false) end
  if final[state] then unweigh(job) end
  count(job, state, -1)
end

local function finish(job, to)
  job.fin = now
  job.exp, job.ask, job.av = nil, nil, nil
  weigh(job, to)
end

arrive = function(job, to)
  local from = job.state
  job.state = to
  if to ~= 'running' then job.by, job.call = nil, nil end
  if to == 'ready' or final[to] then rang = true end
  if final[to] then finish(job, to) end
  if to == 'ready' then
    lineUp(job, true)
  elseif to == 'scheduled' then
    zput(K.due, job.n, job.at)
  elseif to == 'running' then
    handOut(job, true)
    if job.sus then zput(K.trials, job.n, job.start) end
  end
  if job.exp and waits[to] then zput(K.expire, job.n, job.exp) end
  count(job, to, 1)
  if not final[to] and (from == 'running' or final[from]) then takeKey(job) end
  if job.slot then slotMoved(job) end
  if to == 'dead' then
    died(job, from == 'running' and told[job.n] or nil)
    told[job.n] = nil
  end
  save(job)
end

