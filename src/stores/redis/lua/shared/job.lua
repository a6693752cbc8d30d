-- Jobs by their numbers, the lanes in which they wait, and how many there are of each kind.
--@ use write packing
local jobs, changed, lanes = {}, {}, {}
local tally, spans = {}, {}
local spanSize = 512

-- The number of a job, or of an ending, as five bytes: what it is known by everywhere, in the order of the numbers.
local function packed(number)
  return struct.pack('>I5', number)
end

local function numberIn(n)
  return (struct.unpack('>I5', n))
end

local function isBefore(a, b)
  return numberIn(a) < numberIn(b)
end

-- As an integer of the protocol where it is one, or else as text, which keeps the fraction.
local function instant(at)
  return at % 1 == 0 and at or string.format('%.17g', at)
end

-- Loads those that are not known yet.
local function loadJobs(numbers)
  local ask = {}
  for _, n in ipairs(numbers) do
    if jobs[n] == nil then ask[#ask + 1] = n end
  end
  if #ask == 0 then return end
  local rows = hmget(K.hot, ask)
  for i = 1, #ask do jobs[ask[i]] = rows[i] and unpackJob(rows[i], ask[i]) or false end
end

local function jobAt(n)
  if jobs[n] == nil then loadJobs({ n }) end
  return jobs[n] or nil
end

local function jobOf(id)
  local n = hget(K.ids, id)
  return n and jobAt(n) or nil
end

-- The jobs of these ids, read together; `nil` where there is none.
local function jobsOf(ids)
  local found, numbers = {}, {}
  local texts = hmget(K.ids, ids)
  for i = 1, #ids do
    found[i] = texts[i]
    if found[i] then numbers[#numbers + 1] = found[i] end
  end
  loadJobs(numbers)
  return found
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

local function add(sums, of, state, by)
  local sum = sums[of]
  if not sum then
    sum = {}
    sums[of] = sum
  end
  sum[state] = (sum[state] or 0) + by
end

-- Jobs by queue and state, and by state in each stretch of numbers, so that a walk can leave stretches out.
local function count(job, state, by)
  add(tally, laneAt(job.lane).queue, state, by)
  if not job.block then job.block = math.floor(numberIn(job.n) / spanSize) end
  add(spans, job.block, state, by)
end

local function writeSpan(block, state, by)
  local left = redis.call('HINCRBY', K.spans, block .. ' ' .. state, by)
  if left == by then redis.call('ZADD', K.blocks, block, block) end
  if left > 0 then return end
  redis.call('HDEL', K.spans, block .. ' ' .. state)
  local rest = redis.call('HMGET', K.spans, block .. ' ready', block .. ' scheduled', block .. ' running',
    block .. ' blocked', block .. ' completed', block .. ' dead', block .. ' cancelled')
  for i = 1, #rest do
    if rest[i] then return end
  end
  redis.call('ZREM', K.blocks, block)
end

local function writeTally(queue, state, by)
  if by == 0 then return end
  local key = queue .. '\n' .. state
  if redis.call('HINCRBY', K.counts, key, by) == 0 then redis.call('HDEL', K.counts, key) end
end

local function writeJobs()
  for n, job in pairs(changed) do
    if jobs[n] then hput(K.hot, n, packJob(job)) end
  end
  changed = {}
  for queue, sum in pairs(tally) do
    for state, by in pairs(sum) do writeTally(queue, state, by) end
  end
  for block, sum in pairs(spans) do
    -- What is added first keeps a stretch from being taken for empty.
    for state, by in pairs(sum) do
      if by > 0 then writeSpan(block, state, by) end
    end
    for state, by in pairs(sum) do
      if by < 0 then writeSpan(block, state, by) end
    end
  end
  tally, spans = {}, {}
  write()
end
