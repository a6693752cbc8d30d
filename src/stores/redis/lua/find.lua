-- Jobs that fit, newest first: ARGV the time, what fits as JSON, limit, only numbers below this ('' for all). Answers where to go on, or '', then each.
--@ flags no-writes
--@ use looking
local where, limit = cjson.decode(ARGV[2]), tonumber(ARGV[3])
local below = ARGV[4] == '' and counter('seq') + 1 or tonumber(ARGV[4])
local lookedMost = 20000
local wanted
if where.states then
  wanted = {}
  for _, state in ipairs(where.states) do wanted[state] = true end
end

local function hasTag(job)
  for _, tag in ipairs(job.tg and cjson.decode(hget(K.tags, job.n)) or {}) do
    if tag == where.tag then return true end
  end
  return false
end

local function fits(job)
  local lane = laneAt(job.lane)
  return (not wanted or wanted[job.state]) and (not where.queue or lane.queue == where.queue)
    and (not where.task or lane.task == where.task) and (not where.tag or hasTag(job))
end

-- Whether a stretch has a job in one of the states.
local function isWorthIt(block)
  if not wanted then return true end
  for state in pairs(wanted) do
    if redis.call('HEXISTS', K.spans, block .. ' ' .. state) == 1 then return true end
  end
  return false
end

local found, looked, place = {}, 0, nil
local blocks = redis.call('ZREVRANGEBYSCORE', K.blocks, math.floor((below - 1) / spanSize), '-inf', 'LIMIT', 0, 5000)
for i, block in ipairs(blocks) do
  if #found > limit then break end
  if looked >= lookedMost or i == 5000 then
    place = (tonumber(block) + 1) * spanSize
    break
  end
  if isWorthIt(block) then
    looked = looked + spanSize
    local numbers = {}
    for n = math.min(below - 1, (tonumber(block) + 1) * spanSize - 1), tonumber(block) * spanSize, -1 do numbers[#numbers + 1] = packed(n) end
    loadJobs(numbers)
    for _, n in ipairs(numbers) do
      local job = jobs[n]
      if job and #found <= limit and fits(job) then found[#found + 1] = job end
    end
  end
end
if #found > limit then
  found[limit + 1] = nil
  place = limit > 0 and numberIn(found[limit].n) or below
end
local rows = { place and tostring(place) or '' }
for _, job in ipairs(found) do rows[#rows + 1] = textsOf(job, '') end
return rows
