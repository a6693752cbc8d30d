-- New jobs without a unique key, a deadline or tags, for queues without limits, that nobody has sent before. Nothing is written where
-- there is one that needs more; adding.lua takes all of them then.
--@ use time ids shelves tallies packing bell
local enqueueQuickly
do
-- Whether jobs of these shapes may be added without a look at others.
local function arePlain(shapes)
  for _, shape in ipairs(shapes) do
    if shape.tags or shape.states or shape.ttlMs or shape.deadlineMs then return false end
    if redis.call('HEXISTS', K.limits, shape.queue) == 1 then return false end
    shape.lane = tonumber(redis.call('HGET', K.lanes, string.format('%s\n%s\n%d', shape.queue, shape.task, shape.version)))
    if not shape.lane then return false end
  end
  return true
end

-- What the jobs of a run have in common: how rows begin that have their payload with them, and those that have it outside.
local function headsFor(shape, at)
  local job = {
    state = at > now and 'scheduled' or 'ready', prio = shape.priority, lane = shape.lane, max = shape.maxAttempts, made = now, at = at,
    rc = shape.rc, rx = shape.rx, rd = shape.rd, crash = shape.onCrash,
  }
  local outside = packHead(job)
  job.body = ''
  return packHead(job), outside
end

-- Whether one of these keys is known already, or comes twice; those of the places are in order.
local function isAnyKnown(entries, places)
  local before = ''
  for _, place in ipairs(places) do
    if place.isBehind then before = string.sub(place.body, -17, -6) end
    for i = place.at, place.last do
      local key = string.sub(entries[i], 1, 12)
      if key == before then return true end
      before = key
      local at = not place.isBehind and string.find(place.body, key, 1, true)
      while at and at % 17 ~= 1 do at = string.find(place.body, key, at + 1, true) end
      if at then return true end
    end
  end
  return false
end

-- Where minted ids belong; nil where one is known already, or comes twice, as far as their keys tell.
local function placeMinted(keys, numbers, isRising)
  local entries = {}
  for i = 1, #keys do entries[i] = keys[i] .. numbers[i] end
  if not isRising then sortEntries(entries) end
  local places = placesFor(K.ids, '', entries)
  -- Mostly all of them rise, behind all others.
  local isNew = isRising and #places == 1 and places[1].isBehind
  if isNew and string.sub(places[1].body, -17, -6) ~= keys[1] then return entries, places end
  if isAnyKnown(entries, places) then return nil end
  return entries, places
end

-- The rows of ids of the caller's own; nil where one is known already, or comes twice.
local function placeOwn(ids, numbers)
  local rows, isHere = {}, {}
  for i, id in ipairs(ids) do
    if isHere[id] or idKey(id) then return nil end
    isHere[id] = true
    rows[i * 2 - 1], rows[i * 2] = id, numbers[i]
  end
  for _, n in ipairs(hmget(K.own, ids)) do
    if n then return nil end
  end
  return rows
end

local function addBlocks(blocks, from, to, state)
  while from <= to do
    local block = math.floor(from / spanSize)
    local last = math.min(to, (block + 1) * spanSize - 1)
    add(blocks, block, state, last - from + 1)
    from = last + 1
  end
end

-- Those that come after this number, each as five bytes; mostly only the last byte of them changes.
local function numbersAfter(first, many)
  local numbers, high = {}, nil
  for i = 1, many do
    local low = (first + i) % 256
    if not high or low == 0 then high = string.sub(packed(first + i), 1, 4) end
    numbers[i] = high .. string.char(low)
  end
  return numbers
end

-- Rows of the hash of jobs, and of that of payloads where they are long, for the jobs of a run. `width` 1: a minted id and its payload
-- are one text.
local function addRows(hot, body, run, numbers, width)
  local inside, outside = headsFor(run.shape, run.at)
  local sizes, to = {}, #hot
  for i = run.from, run.to do
    local text, bytes = ARGV[3 + i], 26
    if width == 2 then
      bytes = #ARGV[2 + i * 2]
      text = ARGV[2 + i * 2] .. ARGV[3 + i * 2]
    end
    local size = sizes[bytes] or struct.pack('>I2', bytes)
    sizes[bytes] = size
    hot[to + 1] = numbers[i]
    if #text - bytes <= 1024 then
      hot[to + 2] = inside .. size .. text
    else
      hot[to + 2] = outside .. size .. string.sub(text, 1, bytes)
      body[#body + 1] = numbers[i]
      body[#body + 1] = string.sub(text, bytes + 1)
    end
    to = to + 2
  end
end

-- Where the jobs of a run stand in line, or wait for their time.
local function addPlaces(lines, due, run, numbers)
  if run.at > now then
    for i = run.from, run.to do
      due[#due + 1] = run.at
      due[#due + 1] = numbers[i]
    end
    return
  end
  local prefix = struct.pack('>BI3', 114, run.shape.lane)
  local place = struct.pack('>I6', run.at + run.shape.priority * ageStep)
  lines[prefix] = lines[prefix] or {}
  local line = lines[prefix][place] or {}
  lines[prefix][place] = line
  for i = run.from, run.to do line[#line + 1] = place .. numbers[i] end
end

-- The ids, or of minted ones the keys, in the order of the call.
local function idsOf(many, width)
  local ids = {}
  for i = 1, many do
    if width == 1 then ids[i] = mintedKey(ARGV[3 + i]) else ids[i] = ARGV[2 + i * 2] end
  end
  return ids
end

enqueueQuickly = function(order)
  local width = order.width
  if width > 2 or not arePlain(order.shapes) then return nil end
  local first, many = counter('seq'), (#ARGV - 3) / width
  local ids, numbers = idsOf(many, width), numbersAfter(first, many)
  local entries, places, rows = {}, {}, {}
  if width == 1 then
    entries, places = placeMinted(ids, numbers, order.rises)
  else
    rows = placeOwn(ids, numbers)
  end
  if not entries or not rows then return nil end
  local hot, body, due, lines, queues, blocks, states, from = {}, {}, {}, {}, {}, {}, {}, 1
  for r = 1, #order.runs, 3 do
    local shape, past = order.shapes[order.runs[r]], from + order.runs[r + 1]
    local run = { shape = shape, from = from, to = past - 1, at = later(order.runs[r + 2]) }
    local state = run.at > now and 'scheduled' or 'ready'
    addRows(hot, body, run, numbers, width)
    addPlaces(lines, due, run, numbers)
    addBlocks(blocks, first + from, first + run.to, state)
    add(queues, shape.queue, state, past - from)
    rang = rang or state == 'ready'
    states[#states + 1] = state
    from = past
  end
  redis.call('HSET', K.meta, 'seq', first + many)
  send('HSET', K.hot, hot)
  send('HSET', K.body, body)
  send('ZADD', K.due, due)
  for prefix, line in pairs(lines) do
    for _, some in pairs(line) do putInOrder(K.ready, prefix, some) end
  end
  putInto(K.ids, '', entries, places)
  send('HSET', K.own, rows)
  writeTallies(queues, blocks)
  ring()
  return table.concat(states, ' ')
end
end
