-- How many jobs there are of each kind: by queue and state, and by state in each stretch of numbers.
--@ use tables
local spanSize = 512
-- What the quick ways move, of queues and of stretches: written once, for what one of them adds another takes away.
local queueSums, spanSums = {}, {}

local function add(sums, of, state, by)
  local sum = under(sums, of)
  sum[state] = (sum[state] or 0) + by
end

-- `isMoved`: as many come as go, so the stretch stays.
local function writeSpan(block, state, by, isMoved)
  local left = redis.call('HINCRBY', K.spans, block .. ' ' .. state, by)
  if left == by and not isMoved then redis.call('ZADD', K.blocks, block, block) end
  if left > 0 then return end
  redis.call('HDEL', K.spans, block .. ' ' .. state)
  if isMoved then return end
  local rest = redis.call('HMGET', K.spans, block .. ' ready', block .. ' scheduled', block .. ' running',
    block .. ' blocked', block .. ' completed', block .. ' dead', block .. ' cancelled')
  for i = 1, #rest do
    if rest[i] then return end
  end
  redis.call('ZREM', K.blocks, block)
end

local function writeTally(queue, state, by)
  if by == 0 then return end
  local key = queue .. '\n' .. state
  if redis.call('HINCRBY', K.counts, key, by) == 0 then redis.call('HDEL', K.counts, key) end
end

-- Sums of each state by queue, and by stretch.
local function writeTallies(queues, blocks)
  for queue, sum in pairs(queues) do
    for state, by in pairs(sum) do writeTally(queue, state, by) end
  end
  for block, sum in pairs(blocks) do
    local net = 0
    for _, by in pairs(sum) do net = net + by end
    -- What is added first keeps a stretch from being taken for empty.
    for state, by in pairs(sum) do
      if by > 0 then writeSpan(block, state, by, net == 0) end
    end
    for state, by in pairs(sum) do
      if by < 0 then writeSpan(block, state, by, net == 0) end
    end
  end
end

local function writeSums()
  writeTallies(queueSums, spanSums)
  queueSums, spanSums = {}, {}
end
