-- The next dead jobs that a filter lets through: ARGV the time, the filter as JSON, after, up to ('' for the last), limit.
--@ flags no-writes
--@ use grave
local filter, after, limit = cjson.decode(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[5])
local upTo = ARGV[4] == '' and counter('death') or tonumber(ARGV[4])
local lookedMost = 2000

local function saysError(job)
  local text = job.er and hget(K.err, job.n)
  return text and string.find(cjson.decode(text).message, filter.error, 1, true) ~= nil
end

local function hasTag(job)
  for _, tag in ipairs(job.tg and cjson.decode(hget(K.tags, job.n)) or {}) do
    if tag == filter.tag then return true end
  end
  return false
end

local function matches(job)
  local lane = laneAt(job.lane)
  return (not filter.task or lane.task == filter.task) and (not filter.queue or lane.queue == filter.queue)
    and (not filter.fingerprint or job.print == filter.fingerprint)
    and (not filter.reason or job.why == filter.reason)
    and (not filter.since or job.fin >= filter.since) and (not filter['until'] or job.fin < filter['until'])
    and (not filter.error or saysError(job)) and (not filter.tag or hasTag(job))
end

-- Numbers of dead jobs in the order of their deaths.
local function candidates()
  local numbers = {}
  if not filter.ids then
    local members = redis.call('ZRANGEBYSCORE', K.graves, '(' .. after, upTo, 'LIMIT', 0, lookedMost)
    for i, member in ipairs(members) do numbers[i] = member end
    loadJobs(numbers)
    return numbers, #members == lookedMost
  end
  local seen = {}
  for _, n in ipairs(jobsOf(filter.ids)) do
    local job = n and jobAt(n)
    if job and job.death and job.death > after and job.death <= upTo and not seen[n] then
      seen[n] = true
      numbers[#numbers + 1] = n
    end
  end
  table.sort(numbers, function(a, b) return jobAt(a).death < jobAt(b).death end)
  return numbers, false
end

local numbers, more = candidates()
local found, to, isEnd = {}, math.max(after, upTo), true
for i, n in ipairs(numbers) do
  local job = jobAt(n)
  if matches(job) then
    if #found == limit * 2 then
      isEnd = false
      break
    end
    found[#found + 1] = job.id
    found[#found + 1] = job.death
  end
  if i == #numbers and more then
    isEnd, to = false, job.death
  end
end
if not isEnd and #found == limit * 2 and limit > 0 then to = found[#found] end
return { isEnd and 1 or 0, to, found }
