-- A claim where nothing has to be put right first: nobody is expired, lost, asked to cancel, suspected or avoided. What has to be
-- said of jobs that came together is worked out once, from their head. Where there is more, nothing is written but that due jobs are in line.
--@ use time ids shelves tallies packing handing asking bell
local claimQuickly
do
local sub, byte, find, floor = string.sub, string.byte, string.find, math.floor

local function isAny(key, from, past)
  return #redis.call('ZRANGEBYLEX', key, from, past, 'LIMIT', 0, 1) > 0
end

local function isOver(key, until_)
  return #redis.call('ZRANGEBYSCORE', key, '-inf', until_, 'LIMIT', 0, 1) > 0
end

-- Puts jobs that are due in line, at most a thousand: only their states change.
local function promoteQuickly()
  local numbers = redis.call('ZRANGEBYSCORE', K.due, '-inf', now, 'LIMIT', 0, 1000)
  if #numbers == 0 then return end
  local raws, ways, hot, lines = hmget(K.hot, numbers), {}, {}, {}
  for i, n in ipairs(numbers) do
    local raw = raws[i]
    local head = string.sub(raw, 1, headEnd(raw))
    local way = ways[head]
    if not way then
      local job = unpackJob(head .. '\0\0', n)
      local kind = job.sus and 115 or job.av and 97 or 114
      way = { prefix = struct.pack('>BI3', kind, job.lane), place = struct.pack('>I6', job.at + job.prio * ageStep), many = 0 }
      way.queue = string.match(laneText(job.lane), '^[^\n]*')
      ways[head] = way
    end
    way.many = way.many + 1
    hot[i * 2 - 1], hot[i * 2] = n, string.char(codes.ready) .. string.sub(raw, 2)
    local line = lines[way.prefix] or {}
    lines[way.prefix] = line
    line[#line + 1] = way.place .. n
    local block = math.floor(numberIn(n) / spanSize)
    add(spanSums, block, 'ready', 1)
    add(spanSums, block, 'scheduled', -1)
  end
  for _, way in pairs(ways) do
    add(queueSums, way.queue, 'ready', way.many)
    add(queueSums, way.queue, 'scheduled', -way.many)
  end
  send('HSET', K.hot, hot)
  redis.call('ZREM', K.due, unpack(numbers))
  for prefix, line in pairs(lines) do
    sortEntries(line)
    putInOrder(K.ready, prefix, line)
  end
  rang = true
end

local function kindAt(command)
  local member = redis.call(command, K.ready, 0, 0)[1]
  return member and string.byte(member, 1) or 114
end

-- The number of the worker, where its claim is as most are.
local function plainRunner(ask)
  local runner = not ask.alone and runnerOf(ask.worker)
  if not runner then return nil end
  local past = '(' .. packed(runner + 1)
  if isAny(K.run, '[' .. packed(runner) .. struct.pack('>I6', ask.received + 1), past) then return nil end
  if isAny(K.asks, '[' .. packed(runner), past) then return nil end
  if ask.limit > 0 then
    if isOver(K.expire, now) or isOver(K.leases, mono) then return nil end
    promoteQuickly()
    if kindAt('ZRANGE') ~= 114 or kindAt('ZREVRANGE') ~= 114 then return nil end
  end
  return runner
end

-- The entry that is next in a lane, read on where those that are known are used up.
local function nextIn(lane, room)
  local member = lane.members[lane.which]
  if member and lane.at > #member then
    lane.which, lane.at = lane.which + 1, 5
    member = lane.members[lane.which]
  end
  if not member and not lane.over then
    for _, used in ipairs(lane.members) do lane.gone[#lane.gone + 1] = used end
    lane.members = redis.call('ZRANGEBYLEX', K.ready, lane.from, lane.past, 'LIMIT', 0, math.ceil(room / shelfMost) + 1)
    lane.which, lane.at = 1, 5
    member = lane.members[1]
    lane.over = member == nil
    if member then lane.from = '(' .. lane.members[#lane.members] end
  end
  return member and string.sub(member, lane.at, lane.at + 10)
end

local function lanesFor(queue, known)
  local lanes = {}
  for n in string.gmatch(redis.call('HGET', K.queues, queue) or '', '%d+') do
    local task, version = string.match(laneText(tonumber(n)), '^[^\n]*\n([^\n]*)\n(.*)$')
    if canRun(known, { task = task, version = tonumber(version) }) then
      local prefix = struct.pack('>BI3', 114, tonumber(n))
      local from, past = '[' .. prefix, '(' .. prefix .. '\255'
      lanes[#lanes + 1] = { prefix = prefix, from = from, past = past, members = {}, which = 1, at = 5, gone = {} }
    end
  end
  return lanes
end

-- The numbers of the first jobs of one lane.
local function takeFrom(lane, room, taken)
  local many = #taken
  while room > 0 and nextIn(lane, room) do
    local member, at = lane.members[lane.which], lane.at
    local past = math.min(#member, at + room * 11 - 1)
    for place = at + 6, past, 11 do
      many = many + 1
      taken[many] = sub(member, place, place + 4)
    end
    room, lane.at = room - (past - at + 1) / 11, past + 1
  end
end

-- The numbers of the first jobs of these lanes, in the order of their places.
local function takeFirst(lanes, room, taken)
  local wanted, open = #taken + room, {}
  for _, lane in ipairs(lanes) do
    lane.entry = nextIn(lane, room)
    if lane.entry then open[#open + 1] = lane end
  end
  while #taken < wanted and #open > 1 do
    local best = 1
    for i = 2, #open do
      if isEntryBefore(open[i].entry, open[best].entry) then best = i end
    end
    local lane = open[best]
    repeat
      taken[#taken + 1] = string.sub(lane.entry, 7)
      lane.at = lane.at + 11
      lane.entry = #taken < wanted and nextIn(lane, wanted - #taken)
      if not lane.entry then table.remove(open, best) end
    until #open > 1 or not lane.entry
  end
  if open[1] then takeFrom(open[1], wanted - #taken, taken) end
end

-- Removes from a lane what was taken of it.
local function shorten(lane)
  for i = 1, lane.which - 1 do lane.gone[#lane.gone + 1] = lane.members[i] end
  local member, rest = lane.members[lane.which], nil
  if member and lane.at > 5 then
    lane.gone[#lane.gone + 1] = member
    if lane.at <= #member then rest = lane.prefix .. string.sub(member, lane.at) end
  end
  send('ZREM', K.ready, lane.gone)
  if rest then redis.call('ZADD', K.ready, 0, rest) end
end

-- What a start makes of a head.
local function startOf(head, n, runner, call)
  local job = unpackJob(head .. '\0\0', n)
  local way = { expires = job.exp, progress = job.pr, isHere = job.body ~= nil }
  job.state, job.fence, job.try = 'running', (job.fence or 0) + 1, (job.try or 0) + 1
  job.exp = job.due and (job.again or job.made) + job.due or nil
  if job.ln then job.la, job.lb = job.ln, 0 end
  job.pr, job.av = nil, nil
  job.by, job.call, job.start = runner, call, now
  way.head, way.fact, way.lane, way.job = packHead(job), factOf(job), job.lane, job
  way.isPlain = not (job.last or job.ck or job.sus or job.slot or job.crash)
  return way
end

-- The jobs of these numbers, started, as they are handed over; what is to be written is put into `writes`.
local function startAll(taken, runner, ask, writes)
  local raws, answer, ways = hmget(K.hot, taken), newAnswer(), writes.ways
  local hot, blocks = writes.hot, writes.blocks
  -- Rows that follow one another mostly have one head, which need not be cut out of each.
  local head, past, way
  for i, n in ipairs(taken) do
    local raw, number = raws[i], numberIn(n)
    if not head or find(raw, head, 1, true) ~= 1 then
      past = headEnd(raw)
      head = sub(raw, 1, past)
      way = ways[head]
      if not way then
        way = startOf(head, n, runner, ask.call)
        way.place, way.many = factPlace(answer, way.fact), 0
        ways[head] = way
      end
    end
    way.many = way.many + 1
    local text = sub(raw, past + 1)
    hot[i * 2 - 1], hot[i * 2] = n, way.head .. text
    local high, low = byte(text, 1, 2)
    local isLong = high > 0 or low > shortId
    if isLong or not way.isHere then
      way.job.id = sub(text, 3, 2 + high * 256 + low)
      text = textFor(way.job.id, way.isHere and sub(text, 3 + high * 256 + low) or hget(K.body, n))
    end
    handOver(answer, number, way.place, text)
    if isLong or not way.isPlain then
      way.job.n = n
      addMore(answer, moreOf(way.job))
      way.job.id = ''
    end
    if way.expires then writes.expires[#writes.expires + 1] = n end
    if way.progress then writes.progress[#writes.progress + 1] = n end
    local block = floor(number / spanSize)
    blocks[block] = (blocks[block] or 0) + 1
  end
  return answer
end

local function writeStarted(writes, bag, taken)
  for _, way in pairs(writes.ways) do
    local queue = string.match(laneText(way.lane), '^[^\n]*')
    add(queueSums, queue, 'running', way.many)
    add(queueSums, queue, 'ready', -way.many)
  end
  for block, many in pairs(writes.blocks) do
    add(spanSums, block, 'running', many)
    add(spanSums, block, 'ready', -many)
  end
  send('HSET', K.hot, writes.hot)
  send('ZREM', K.expire, writes.expires)
  send('HDEL', K.progress, writes.progress)
  restock(K.run, bag, nil, table.concat(taken), shelfMost * 5)
end

claimQuickly = function(text)
  local ask = cjson.decode(text)
  local runner = plainRunner(ask)
  if not runner then return nil end
  local known, taken, lanes = knownTasks(ask), {}, {}
  for i = 0, #ask.queues - 1 do
    local queue = ask.queues[(i + ask.call) % #ask.queues + 1]
    local room = math.min(ask.limit - #taken, queue.limit)
    if room > 0 and not redis.call('HGET', K.paused, queue.name) then
      local some = lanesFor(queue.name, known)
      takeFirst(some, room, taken)
      for _, lane in ipairs(some) do lanes[#lanes + 1] = lane end
    end
  end
  local writes = { hot = {}, blocks = {}, ways = {}, expires = {}, progress = {} }
  local answer, used = startAll(taken, runner, ask, writes), {}
  if #taken > 0 then
    for _, lane in ipairs(lanes) do shorten(lane) end
    writeStarted(writes, packed(runner) .. struct.pack('>I6', ask.call), taken)
    for _, way in pairs(writes.ways) do used[way.lane] = laneText(way.lane) end
  end
  local head = cjson.encode({ lease = 'held', now = now, nextDueAt = nextDue(ask.worker), lanes = byText(used) })
  return replyOf(head, answer)
end
end
