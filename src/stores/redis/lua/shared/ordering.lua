-- Endings as they are sent: plain completions as runs of numbers and the end of the id each, the rest as eight texts.
--@ use ids

-- ARGV[at] is the worker; then come plain completions as JSON, for jobs that follow one another the first number, how many they are
-- and their fence; the last eight characters of their ids behind one another, their digest, how many others there are, and of each
-- its place, the id, the number or '', fence, move, digest, result, more.
local function orderAt(at)
  local runs, many, places = cjson.decode(ARGV[at + 1]), tonumber(ARGV[at + 4]), {}
  local order = { worker = ARGV[at], digest = ARGV[at + 3], runs = runs, tails = ARGV[at + 2], rest = {}, answers = {}, past = at + 5 + many * 8 }
  for i = 1, many do
    local base = at + 5 + (i - 1) * 8
    local number, result = tonumber(ARGV[base + 2]), ARGV[base + 6]
    order.rest[i] = {
      at = ARGV[base] + 1, id = ARGV[base + 1], n = number and packed(number), fence = tonumber(ARGV[base + 3]), move = ARGV[base + 4],
      digest = ARGV[base + 5], result = result ~= '' and result or nil, more = ARGV[base + 7],
    }
    places[ARGV[base] + 1] = true
  end
  order.isOther = places
  -- Of the plain ones: their numbers, and those as they are known; whether each is behind the one before.
  local values, numbers, last = {}, {}, 0
  order.values, order.numbers, order.fences, order.isRising = values, numbers, {}, true
  for i = 1, #runs, 3 do
    local first, past, fence = runs[i], #values, runs[i + 2]
    if first <= last then order.isRising = false end
    last = first + runs[i + 1] - 1
    for number = first, last do
      past = past + 1
      values[past], numbers[past], order.fences[past] = number, packed(number), fence
    end
  end
  return order
end

-- How many there are where all were applied, or else the answer for each.
local function answersOf(order)
  for i = 1, #order.answers do
    if order.answers[i] ~= 'applied' then return order.answers end
  end
  return #order.answers
end
