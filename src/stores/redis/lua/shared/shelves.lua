-- Ordered sets of many small entries, up to 64 of them in one member behind what they share: so an entry takes its own bytes
-- and hardly more, and one command moves many. Of a shelf the entries are in order: a place or an instant and the number of a job, six
-- and five bytes; of ids the key and the number, twelve and five, which are compared as six, five and six. Of a bag they are numbers without an order, behind who runs them and since
-- which call.
--@ use write
local shelfMost, ageStep = 64, 60000
local shelves, bags = {}, {}
local shelve, entriesOf, isEntryBefore, sortEntries, restock, placesFor, putInto, putInOrder, putBehind, writeShelves, unbag, writeBags
do
local function note(of, key, prefix)
  local rows = under(of, key)
  local group = rows[prefix]
  if not group then
    group = { entries = {}, isIn = {}, wasIn = {} }
    rows[prefix] = group
  end
  return group
end

-- Notes that an entry is put, or with `false` taken away.
shelve = function(of, key, prefix, entry, isIn)
  local group = note(of, key, prefix)
  if group.isIn[entry] == nil then group.entries[#group.entries + 1] = entry end
  group.isIn[entry] = isIn
  if not isIn then group.wasIn[entry] = true end
end

entriesOf = function(members, prefixBytes, entryBytes)
  local entries = {}
  for i = 1, #members do
    local member = members[i]
    for at = prefixBytes + 1, #member, entryBytes do entries[#entries + 1] = string.sub(member, at, at + entryBytes - 1) end
  end
  return entries
end

-- Where an entry stands in a text of them; nil where it does not.
local function placeIn(body, entry)
  local at = string.find(body, entry, 1, true)
  while at and (at - 1) % #entry ~= 0 do at = string.find(body, entry, at + 1, true) end
  return at
end

isEntryBefore = function(a, b)
  local p, n = struct.unpack('>I6I5', a)
  local q, m = struct.unpack('>I6I5', b)
  if p ~= q then return p < q end
  if n ~= m or #a == 11 then return n < m end
  return struct.unpack('>I6', a, 12) < struct.unpack('>I6', b, 12)
end

sortEntries = function(entries)
  for i = 2, #entries do
    if isEntryBefore(entries[i], entries[i - 1]) then return table.sort(entries, isEntryBefore) end
  end
end

-- Writes a member anew, as several where it got too long.
restock = function(key, prefix, old, body, most)
  if old then redis.call('ZREM', key, old) end
  local args = {}
  for at = 1, #body, most do
    args[#args + 1] = 0
    args[#args + 1] = prefix .. string.sub(body, at, at + most - 1)
  end
  send('ZADD', key, args)
end

-- The member in which an entry is, or would be: the last one that does not begin behind it.
local function memberFor(key, prefix, entry)
  return redis.call('ZREVRANGEBYLEX', key, '[' .. prefix .. entry .. '\255', '[' .. prefix, 'LIMIT', 0, 1)[1]
end

local function memberAfter(key, prefix, from)
  return redis.call('ZRANGEBYLEX', key, from, '(' .. prefix .. '\255', 'LIMIT', 0, 1)[1]
end

-- Puts an entry into a body, before the first one that comes after it.
local function spliceIn(body, entry)
  local width = #entry
  local low, high = 0, #body / width
  while low < high do
    local middle = math.floor((low + high) / 2)
    local other = string.sub(body, middle * width + 1, middle * width + width)
    if isEntryBefore(entry, other) then high = middle else low = middle + 1 end
  end
  return string.sub(body, 1, low * width) .. entry .. string.sub(body, low * width + 1)
end

-- Where entries belong that are in order, from `at` to `last` into each of these members; those of a call mostly behind all others.
placesFor = function(key, prefix, entries)
  local many, at, start, places = #entries, 1, #prefix + 1, {}
  local width = many > 0 and #entries[1]
  while at <= many do
    local old = memberFor(key, prefix, entries[at])
    local after = memberAfter(key, prefix, old and '(' .. old or '[' .. prefix)
    if not old and after and #after < shelfMost * width then
      old = after
      after = memberAfter(key, prefix, '(' .. old)
    end
    local bound, last = after and string.sub(after, start, start + width - 1), at
    if not bound then last = many end
    while last < many and isEntryBefore(entries[last + 1], bound) do last = last + 1 end
    local body = old and string.sub(old, start) or ''
    local isBehind = body == '' or isEntryBefore(string.sub(body, -width), entries[at])
    places[#places + 1] = { old = old, body = body, at = at, last = last, isBehind = isBehind }
    at = last + 1
  end
  return places
end

putInto = function(key, prefix, entries, places)
  local width = #entries > 0 and #entries[1]
  for _, place in ipairs(places) do
    local body = place.body
    if place.isBehind then
      restock(key, prefix, place.old, body .. table.concat(entries, '', place.at, place.last), shelfMost * width)
    else
      for i = place.at, place.last do body = spliceIn(body, entries[i]) end
      local pieces = math.ceil(#body / width / shelfMost)
      restock(key, prefix, place.old, body, math.ceil(#body / width / pieces) * width)
    end
  end
end

putInOrder = function(key, prefix, entries)
  putInto(key, prefix, entries, placesFor(key, prefix, entries))
end

-- Puts jobs at one place behind all that a shelf has, if that is where they belong.
putBehind = function(key, place, numbers)
  local old = redis.call('ZREVRANGE', key, 0, 0)[1]
  if old and not isEntryBefore(string.sub(old, -11), place .. numbers[1]) then return false end
  if old and #old >= shelfMost * 11 then old = nil end
  restock(key, '', old, (old or '') .. place .. table.concat(numbers, place), shelfMost * 11)
  return true
end

-- Takes entries away, from one member after the other.
local function takeAll(key, prefix, entries)
  local old, body
  for _, entry in ipairs(entries) do
    local at = body and placeIn(body, entry)
    if not at then
      if old then restock(key, prefix, old, body, shelfMost * #entries[1]) end
      old = memberFor(key, prefix, entry)
      body = old and string.sub(old, #prefix + 1)
      at = body and placeIn(body, entry)
    end
    if at then body = string.sub(body, 1, at - 1) .. string.sub(body, at + #entry) end
  end
  if old then restock(key, prefix, old, body, shelfMost * #entries[1]) end
end

local function writeShelf(key, prefix, group)
  local there, gone = {}, {}
  for _, entry in ipairs(group.entries) do
    if group.wasIn[entry] then gone[#gone + 1] = entry end
    if group.isIn[entry] then there[#there + 1] = entry end
  end
  takeAll(key, prefix, gone)
  sortEntries(there)
  putInOrder(key, prefix, there)
end

writeShelves = function()
  local due = shelves
  shelves = {}
  for key, groups in pairs(due) do
    for prefix, group in pairs(groups) do writeShelf(key, prefix, group) end
  end
end

-- The members that a bag has.
local function bagOf(key, prefix)
  return redis.call('ZRANGEBYLEX', key, '[' .. prefix, '(' .. prefix .. '\255', 'LIMIT', 0, 1000)
end

-- Takes numbers out of a bag.
unbag = function(key, prefix, numbers)
  local left, isGone, next, emptied = #numbers, nil, 1, {}
  for _, old in ipairs(bagOf(key, prefix)) do
    if left == 0 then break end
    local body = string.sub(old, #prefix + 1)
    local before = #body
    local last = next and next + before / 5 - 1
    -- Jobs mostly end as they were handed out.
    if last and last <= #numbers and table.concat(numbers, '', next, last) == body then
      next, left = last + 1, left - before / 5
      emptied[#emptied + 1] = old
      before = 0
    elseif left < 8 then
      next = nil
      for _, n in ipairs(numbers) do
        local at = placeIn(body, n)
        if at then body = string.sub(body, 1, at - 1) .. string.sub(body, at + 5) end
      end
    else
      next = nil
      if not isGone then
        isGone = {}
        for _, n in ipairs(numbers) do isGone[n] = true end
      end
      local rest = {}
      for at = 1, #body, 5 do
        local n = string.sub(body, at, at + 4)
        if not isGone[n] then rest[#rest + 1] = n end
      end
      body = table.concat(rest)
    end
    if #body < before then
      left = left - (before - #body) / 5
      restock(key, prefix, old, body, shelfMost * 5)
    end
  end
  send('ZREM', key, emptied)
end

writeBags = function()
  local due = bags
  bags = {}
  for key, groups in pairs(due) do
    for prefix, group in pairs(groups) do
      local there, gone = {}, {}
      for _, n in ipairs(group.entries) do
        if group.wasIn[n] then gone[#gone + 1] = n end
        if group.isIn[n] then there[#there + 1] = n end
      end
      if #gone > 0 then unbag(key, prefix, gone) end
      if #there > 0 then restock(key, prefix, nil, table.concat(there), shelfMost * 5) end
    end
  end
end
end
