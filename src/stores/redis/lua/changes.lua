-- What happened since a place: ARGV the time, limit, how many running ones, then the numbers of the last job, ending, act and closing that were told, or nothing.
--@ flags no-writes
--@ use looking
local limit, running = tonumber(ARGV[2]), tonumber(ARGV[3])
local newest, place = { counter('seq'), counter('ending'), counter('act'), counter('closing') }, {}
for i = 1, 4 do place[i] = tonumber(ARGV[i + 3]) or newest[i] end
-- What was forgotten before it was told is told by nobody.
place[3] = math.max(place[3], counter('actsGone'))
local lookedMost, more = 2000, false

local function nameOf(job)
  local lane = laneAt(job.lane)
  return job.id .. '\n' .. lane.task .. '\n' .. lane.queue .. '\n' .. job.state
end

-- Walks up from a number, at most so far that the answer stays short, and says how far it came.
local function walk(key, from, to, name, row)
  local rows, last = {}, from
  while last < to and #rows < limit and last - from < lookedMost do
    local numbers = {}
    local first = last
    for n = last + 1, math.min(to, last + 200) do numbers[#numbers + 1] = name(n) end
    for i, raw in ipairs(hmget(key, numbers)) do
      local text = #rows < limit and raw and row(raw, numbers[i])
      if text then rows[#rows + 1] = text end
      if #rows < limit or text then last = first + i end
    end
  end
  -- What is left may be nothing but gaps.
  if last < to and #rows >= limit then
    local rest, at = false, last
    while not rest and at < to and at - last < lookedMost do
      local numbers = {}
      for n = at + 1, math.min(to, at + 200) do numbers[#numbers + 1] = name(n) end
      for _, raw in ipairs(hmget(key, numbers)) do rest = rest or raw ~= false end
      at = at + #numbers
    end
    more = more or rest or at < to
  elseif last < to then
    more = true
  end
  return rows, last
end

local came, lastCame = walk(K.hot, place[1], newest[1], packed, function(raw, n)
  local job = unpackJob(raw, n)
  return cjson.encode({ at = job.made, name = nameOf(job) })
end)
local ended, lastEnded = walk(K.ends, place[2], newest[2], packed, function(raw)
  local ending = unpackEnding(raw)
  local job = jobAt(ending.j)
  ending.name = job and nameOf(job)
  return job and endingText(ending) or nil
end)
local acted, lastActed = walk(K.audit, place[3], newest[3], tostring, function(raw) return raw end)
local closed, lastClosed = walk(K.closings, math.max(place[4], newest[4] - 100000), newest[4], tostring, function(raw) return raw end)

local function runningOnes()
  if running == 0 then return {} end
  local numbers, rows = {}, {}
  for i, n in ipairs(entriesOf(redis.call('ZRANGE', K.run, 0, 999), 11, 5)) do
    if i <= 10000 then numbers[i] = n end
  end
  loadJobs(numbers)
  table.sort(numbers, function(a, b)
    local x, y = jobAt(a).start, jobAt(b).start
    return x < y or (x == y and isBefore(a, b))
  end)
  for i = 1, math.min(running, #numbers) do
    local job = jobAt(numbers[i])
    rows[i] = cjson.encode({
      name = nameOf(job), attempt = job.try, worker = runnerAt(job.by).id, startedAt = job.start,
      pr = job.pr and hget(K.progress, job.n) or nil,
    })
  end
  return rows
end

return {
  came, ended, acted, runningOnes(), lastCame .. '.' .. lastEnded .. '.' .. lastActed .. '.' .. lastClosed,
  newest[1], newest[2], more and 1 or 0, closed,
}
