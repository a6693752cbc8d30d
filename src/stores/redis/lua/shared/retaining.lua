-- Removes finished jobs whose time is over, and the oldest of those that are too many or too large.
--@ use chores removing

local function reweigh(n)
  local job = jobs[n]
  if not job or not final[job.state] then return end
  unweigh(job)
  weigh(job, job.state)
  save(job)
end

-- Looks at a piece of what ended before the policy was set; true while there is more.
local function walk(budget)
  local place = hget(K.meta, 'retentionWalk')
  if not place then return false end
  local looked = 0
  for _, block in ipairs(redis.call('ZRANGEBYSCORE', K.blocks, place, '+inf', 'LIMIT', 0, 100)) do
    if looked >= budget then
      redis.call('HSET', K.meta, 'retentionWalk', block)
      writeMoves()
      return true
    end
    local numbers = {}
    for n = block * spanSize, (block + 1) * spanSize - 1 do numbers[#numbers + 1] = packed(n) end
    loadJobs(numbers)
    for _, n in ipairs(numbers) do reweigh(n) end
    looked = looked + spanSize
    place = block + 1
  end
  writeMoves()
  if #redis.call('ZRANGEBYSCORE', K.blocks, place, '+inf', 'LIMIT', 0, 1) == 0 then
    redis.call('HDEL', K.meta, 'retentionWalk')
    return false
  end
  redis.call('HSET', K.meta, 'retentionWalk', place)
  return true
end

-- How many jobs of a final state there are, and what those weigh that a policy looks at.
local function keptIn(queue, state)
  if queue then
    return tonumber(hget(K.counts, queue .. '\n' .. state) or 0), tonumber(hget(K.weights, queue .. '\n' .. state) or 0)
  end
  local rows, count = redis.call('HGETALL', K.counts), 0
  for i = 1, #rows, 2 do
    if string.match(rows[i], '\n(.*)$') == state then count = count + tonumber(rows[i + 1]) end
  end
  return count, tonumber(hget(K.weights, '\n' .. state) or 0)
end

local function trim(rule, budget)
  local limit = rule.limit
  local count, bytes = keptIn(rule.queue, rule.state)
  local function isOver()
    return (limit.count and count > limit.count) or (limit.bytes and bytes > limit.bytes)
  end
  if budget <= 0 or not isOver() then return 0 end
  local from, removed = '[' .. (rule.queue or '') .. '\n' .. letters[rule.state], 0
  for _, n in ipairs(numbersOf(redis.call('ZRANGEBYLEX', K.kept, from, from .. ':', 'LIMIT', 0, budget))) do
    if not isOver() then break end
    local job = jobAt(n)
    count, bytes, removed = count - 1, bytes - job.wt, removed + 1
    removeJob(job)
  end
  writeMoves()
  return removed
end

-- Numbers of jobs whose time is over, at most so many.
local function keptTooLong(budget)
  local over, from, isMore = {}, '-', true
  while isMore and #over < budget do
    local members = redis.call('ZRANGEBYLEX', K.keep, from, '+', 'LIMIT', 0, 8)
    isMore = #members == 8
    from = '(' .. (members[#members] or '')
    for _, entry in ipairs(entriesOf(members, 0, 11)) do
      local n = string.sub(entry, -5)
      isMore = isMore and struct.unpack('>I6', entry) <= now
      if #over < budget and struct.unpack('>I6', entry) <= now and jobAt(n).keep <= now then over[#over + 1] = n end
    end
  end
  return over
end

local function retain(budget)
  local isWalking = walk(budget)
  local over = keptTooLong(budget)
  for _, n in ipairs(over) do removeJob(jobAt(n)) end
  writeMoves()
  local removed = #over
  for _, rule in ipairs(policyNow() and policyNow().bounds or {}) do removed = removed + trim(rule, budget - removed) end
  return removed, isWalking
end
