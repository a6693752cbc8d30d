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

-- What the jobs of a run have in common, but for how their payloads are kept.
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
local function placeMinted(ids, first)
  local entries, isRising, p, m = {}, true, -1, -1
  for i = 1, #ids do
    local entry = mintedKey(ids[i]) .. packed(first + i)
    entries[i] = entry
    local q, o = struct.unpack('>I6I5', entry)
    isRising = isRising and (q > p or (q == p and o > m))
    p, m = q, o
  end
  if not isRising then sortEntries(entries) end
  local places = placesFor(K.ids, '', entries)
  -- Mostly all of them rise, behind all others.
  local isNew = isRising and #places == 1 and places[1].isBehind
  if isNew and string.sub(places[1].body, -17, -6) ~= string.sub(entries[1], 1, 12) then return entries, places end
  if isAnyKnown(entries, places) then return nil end
  return entries, places
end

-- The rows of ids of the caller's own; nil where one is known already, or comes twice.
local function placeOwn(ids, first)
  local rows, isHere = {}, {}
  for i, id in ipairs(ids) do
    if isHere[id] or idKey(id) then return nil end
    isHere[id] = true
    rows[i * 2 - 1], rows[i * 2] = id, packed(first + i)
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

enqueueQuickly = function(order)
  if order.width ~= 2 or not arePlain(order.shapes) then return nil end
  local first = counter('seq')
  local ids, entries, places, rows = {}, {}, {}, {}
  for i = 1, (#ARGV - 3) / 2 do ids[i] = ARGV[i * 2 + 2] end
  if order.minted then
    entries, places = placeMinted(ids, first)
  else
    rows = placeOwn(ids, first)
  end
  if not entries or not rows then return nil end
  local hot, body, due, lines, queues, blocks, states = {}, {}, {}, {}, {}, {}, {}
  local at, number, sizes = 4, first, {}
  for r = 1, #order.runs, 3 do
    local shape, many, availableAt = order.shapes[order.runs[r]], order.runs[r + 1], later(order.runs[r + 2])
    local inside, outside = headsFor(shape, availableAt)
    local state = availableAt > now and 'scheduled' or 'ready'
    local prefix = struct.pack('>BI3', 114, shape.lane)
    local place = struct.pack('>I6', availableAt + shape.priority * ageStep)
    lines[prefix] = lines[prefix] or {}
    lines[prefix][place] = lines[prefix][place] or {}
    local line = lines[prefix][place]
    addBlocks(blocks, number + 1, number + many, state)
    for _ = 1, many do
      number = number + 1
      local n, id, payload = packed(number), ARGV[at], ARGV[at + 1]
      local size = sizes[#id]
      if not size then
        size = struct.pack('>I2', #id)
        sizes[#id] = size
      end
      local to = #hot
      hot[to + 1] = n
      if #payload <= 1024 then
        hot[to + 2] = inside .. size .. id .. payload
      else
        hot[to + 2] = outside .. size .. id
        body[#body + 1] = n
        body[#body + 1] = payload
      end
      if state == 'ready' then
        line[#line + 1] = place .. n
      else
        due[#due + 1] = availableAt
        due[#due + 1] = n
      end
      at = at + 2
    end
    add(queues, shape.queue, state, many)
    rang = rang or state == 'ready'
    states[#states + 1] = state
  end
  redis.call('HSET', K.meta, 'seq', number)
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
