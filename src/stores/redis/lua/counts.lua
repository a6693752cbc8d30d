-- Counters of all queues, what was said of them, and for each the ready job that waits longest, as one JSON: ARGV the time.
--@ flags no-writes
--@ use looking
local headRows = 200

local function pairsOf(key)
  local rows, found = redis.call('HGETALL', key), {}
  for i = 1, #rows, 2 do found[rows[i]] = rows[i + 1] end
  return found
end

local function oldestIn(queue)
  local oldest
  for _, n in ipairs(lanesOf(queue)) do
    for _, kind in ipairs({ 114, 115, 97 }) do
      local from, past = laneRange(kind, n)
      local numbers = {}
      for i, entry in ipairs(entriesOf(redis.call('ZRANGEBYLEX', K.ready, from, past, 'LIMIT', 0, 16), 4, 11)) do
        if i <= headRows then numbers[i] = string.sub(entry, -5) end
      end
      for _, raw in ipairs(hmget(K.hot, numbers)) do oldest = math.min(oldest or math.huge, availableIn(raw)) end
    end
  end
  return oldest
end

local counts, oldest = pairsOf(K.counts), {}
for key in pairs(counts) do
  local queue, state = string.match(key, '^([^\n]*)\n(.*)$')
  if state == 'ready' then oldest[queue] = oldestIn(queue) end
end
return cjson.encode({
  counts = counts, oldest = oldest, paused = pairsOf(K.paused), limits = pairsOf(K.limits),
  declared = pairsOf(K.declared),
})
