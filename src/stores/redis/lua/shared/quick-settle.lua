-- Completions of jobs of which nothing else has to be looked at. All that happened to jobs that came and were claimed together is
-- the same text, their head: what becomes of it is worked out once. The rest is left to settling.lua.
--@ use time ids shelves tallies packing ordering asking bell
local settleQuickly
do
local sub, find, floor = string.sub, string.find, math.floor
-- What is written at the end; of bags and of instants until which jobs are kept, the numbers of the jobs.
local hot, ends, results, keeps, runs, ways, blocks = {}, {}, {}, {}, {}, {}, {}
local lastEnding

-- What a completion makes of a head, or false where more has to be looked at.
local function completionOf(head, runner)
  local job = unpackJob(head .. '\0\0', none)
  if job.state ~= 'running' or job.by ~= runner or job.ask or job.sus or job.pr or job.er or job.ukey or job.slot or job.res then
    return false
  end
  local ending = packEnding({ o = 'complete', a = job.try, x = job.fence, w = job.by, s = job.start, e = now, j = '', p = job.last, d = '' })
  local bag = string.sub(head, 27, 37)
  job.state, job.by, job.call, job.fin, job.keep = 'completed', nil, nil, now, job.rc and now + job.rc
  job.exp, job.av, job.why, job.last = nil, nil, nil, none
  local plain = packHead(job)
  job.res = 1
  local rich = packHead(job)
  local run = under(runs, bag)
  return {
    fence = job.fence, run = run, keep = job.keep and under(keeps, job.keep), queue = string.match(laneText(job.lane), '^[^\n]*'),
    endHead = string.sub(ending, 1, -6), endTail = string.sub(ending, -5),
    many = 0, head = string.sub(plain, 1, 45), tail = string.sub(plain, 51), richTail = string.sub(rich, 51),
    richHead = string.sub(rich, 1, 45),
  }
end

local function keepAll(isRising)
  for keep, numbers in pairs(keeps) do
    if not isRising then table.sort(numbers, function(a, b) return numberIn(a) < numberIn(b) end) end
    local place, entries = struct.pack('>I6', math.min(keep, 2 ^ 47)), {}
    -- There are none where each of these jobs is held by a later claim than is meant.
    if #numbers > 0 and not putBehind(K.keep, place, numbers) then
      for i, n in ipairs(numbers) do entries[i] = place .. n end
      putInOrder(K.keep, '', entries)
    end
  end
end

-- Whether the row is of the job that is meant: a number that was given away anew after writes were lost is another's. Behind the
-- head come two bytes for the length of the id, and the id.
local function isRowOf(raw, past, one)
  if one.id then
    return string.byte(raw, past + 1) * 256 + string.byte(raw, past + 2) == #one.id
      and string.sub(raw, past + 3, past + 2 + #one.id) == one.id
  end
  return string.byte(raw, past + 2) == 26 and find(raw, one.tail, past + 21, true) == past + 21
end

-- Rows that follow one another mostly have one head, which need not be cut out of each.
local lastHead, lastPast, lastWay

-- What becomes of a row, by its head, and where that ends.
local function wayOf(raw, runner)
  if lastHead and find(raw, lastHead, 1, true) == 1 then return lastWay, lastPast end
  lastPast = headEnd(raw)
  lastHead = sub(raw, 1, lastPast)
  lastWay = ways[lastHead]
  if lastWay == nil then
    lastWay = completionOf(lastHead, runner)
    ways[lastHead] = lastWay
  end
  return lastWay, lastPast
end

-- Completes a job by its head; false where that does not say enough.
local function complete(raw, n, number, one, runner)
  local way, past = wayOf(raw, runner)
  if not way or way.fence ~= one.fence or not isRowOf(raw, past, one) then return false end
  lastEnding = lastEnding + 1
  local ending, at, result = packed(lastEnding), #hot, one.result
  hot[at + 1], ends[at + 1] = n, ending
  if result then
    hot[at + 2] = way.richHead .. ending .. way.richTail .. sub(raw, past + 1)
    results[#results + 1] = n
    results[#results + 1] = result
  else
    hot[at + 2] = way.head .. ending .. way.tail .. sub(raw, past + 1)
  end
  ends[at + 2] = way.endHead .. n .. way.endTail .. one.digest
  way.many = way.many + 1
  local run, keep = way.run, way.keep
  run[#run + 1] = n
  if keep then keep[#keep + 1] = n end
  local block = floor(number / spanSize)
  blocks[block] = (blocks[block] or 0) + 1
  return true
end

local function writeCompleted(isRising)
  for _, way in pairs(ways) do
    if way then
      add(queueSums, way.queue, 'completed', way.many)
      add(queueSums, way.queue, 'running', -way.many)
    end
  end
  for block, many in pairs(blocks) do
    add(spanSums, block, 'completed', many)
    add(spanSums, block, 'running', -many)
  end
  redis.call('HSET', K.meta, 'ending', lastEnding)
  send('HSET', K.hot, hot)
  send('HSET', K.ends, ends)
  send('HSET', K.result, results)
  for bag, members in pairs(runs) do unbag(K.run, bag, members) end
  keepAll(isRising)
  rang = true
end

-- Those that must go the long way are left in the rest of the order.
settleQuickly = function(order)
  local values, numbers, fences, rest, others = order.values, order.numbers, order.fences, {}, {}
  local many, isRising = #values, order.isRising and #order.rest == 0
  for _, one in ipairs(order.rest) do
    if one.n and one.move == 'complete' and one.more == '' then
      others[#others + 1] = one
      numbers[#numbers + 1] = one.n
    else
      rest[#rest + 1] = one
    end
  end
  if #numbers == 0 then return end
  local runner, stands = runnerOf(order.worker), redis.call('HMGET', K.meta, 'ending', 'retention')
  local raws = runner and not stands[2] and hmget(K.hot, numbers) or {}
  lastEnding = tonumber(stands[1] or 0)
  -- Of a job that is named twice, the endings are looked at in their order.
  local times = not isRising and {}
  for _, n in ipairs(times and numbers or {}) do times[n] = (times[n] or 0) + 1 end
  for _, one in ipairs(rest) do times[one.n or ''] = 2 end
  local answers, place, one = order.answers, 1, { digest = order.digest }
  for i = 1, many do
    while order.isOther[place] do place = place + 1 end
    local n, raw = numbers[i], raws[i]
    one.fence, one.tail = fences[i], sub(order.tails, i * 8 - 7, i * 8)
    if raw and (isRising or times[n] == 1) and complete(raw, n, values[i], one, runner) then
      answers[place] = 'applied'
    else
      rest[#rest + 1] = { n = n, at = place, fence = one.fence, tail = one.tail, move = 'complete', digest = one.digest, more = '' }
    end
    place = place + 1
  end
  for i, other in ipairs(others) do
    local n, raw = other.n, raws[many + i]
    if raw and times[n] == 1 and complete(raw, n, numberIn(n), other, runner) then
      answers[other.at] = 'applied'
    else
      rest[#rest + 1] = other
    end
  end
  order.rest = rest
  if #hot > 0 then writeCompleted(isRising) end
end
end
