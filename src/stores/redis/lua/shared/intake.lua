-- Which new jobs are refused, before any is written: by the unique rule `throw`, or by the limits of their queue.
--@ use moves
-- Entries of the log that a rate may have: with a larger `max`, instants that are close together share one.
local logMax = 200
local limitsOfQueue = {}

local function limitsOf(queue)
  if limitsOfQueue[queue] == nil then
    local raw = hget(K.limits, queue)
    limitsOfQueue[queue] = raw and cjson.decode(raw) or false
  end
  return limitsOfQueue[queue] or nil
end

local function waitingIn(queue)
  local rows = redis.call('HMGET', K.counts, queue .. '\nblocked', queue .. '\nscheduled', queue .. '\nparked', queue .. '\nready')
  local sum = 0
  for i = 1, #rows do sum = sum + tonumber(rows[i] or 0) end
  return sum
end

-- Jobs that came lately, the oldest first: pairs of an instant and a number.
local function cameTo(queue)
  local came = {}
  for at, n in string.gmatch(hget(K.windows, queue) or '', '(%S+) (%d+)') do
    came[#came + 1] = { at = tonumber(at), n = tonumber(n) }
  end
  return came
end

-- What a clock that was set back left in the future counts as of now.
local function within(every, came)
  local inside = {}
  for _, one in ipairs(came) do
    if one.at > now - every then inside[#inside + 1] = { at = math.min(one.at, now), n = one.n } end
  end
  return inside
end

-- How long until one more job fits, and those before it that were refused: until enough have left the window.
local function waitFor(rate, intake)
  local inside, used = within(rate.everyMs, intake.came), 0
  for _, one in ipairs(inside) do used = used + one.n end
  if used < rate.max then return 0 end
  local over, last = used + intake.turned + 1 - rate.max, inside[#inside]
  for _, one in ipairs(inside) do
    over = over - one.n
    if over <= 0 then
      last = one
      break
    end
  end
  return math.ceil((last and last.at or now) + rate.everyMs - now)
end

-- The rule is that of src/job/intake.ts.
local function turnedAway(queue, limits, intake)
  if limits.maxWaiting and intake.waiting >= limits.maxWaiting then
    return { because = 'queue-full', queue = queue, maxWaiting = limits.maxWaiting, retryAfterMs = 1000 }
  end
  local rate = limits.enqueueRate
  local wait = rate and waitFor(rate, intake) or 0
  if wait <= 0 then return nil end
  return { because = 'enqueue-rate', queue = queue, max = rate.max, everyMs = rate.everyMs, retryAfterMs = wait }
end

local function takenIn(limits, intake)
  intake.waiting = intake.waiting + 1
  local rate = limits.enqueueRate
  if not rate then return end
  intake.came = within(rate.everyMs, intake.came)
  local grain = rate.max > logMax and math.ceil(rate.everyMs / logMax) or 1
  local last = intake.came[#intake.came]
  if last and math.floor(last.at / grain) == math.floor(now / grain) then
    last.at, last.n = now, last.n + 1
  else
    intake.came[#intake.came + 1] = { at = now, n = 1 }
  end
end

local function refusalOf(new, known, fresh)
  if known or fresh.ids[new.id] then return nil end
  local twin
  if new.ukey then
    local holder = holderOf(new.ukey)
    twin = holder and holder.id or fresh.keys[new.ukey]
  end
  if twin then return new.shape.onConflict == 'throw' and { because = 'twin', twin = twin } or nil end
  local queue = new.shape.queue
  local limits = limitsOf(queue)
  if limits then
    fresh.intakes[queue] = fresh.intakes[queue] or { waiting = waitingIn(queue), came = cameTo(queue), turned = 0 }
    local away = turnedAway(queue, limits, fresh.intakes[queue])
    if away then
      fresh.intakes[queue].turned = fresh.intakes[queue].turned + 1
      return away
    end
    takenIn(limits, fresh.intakes[queue])
  end
  fresh.ids[new.id] = true
  if new.ukey then fresh.keys[new.ukey] = new.id end
  return nil
end

-- By position; with allOrNone, one of them refuses all.
local function refusals(news, found, allOrNone)
  local fresh, refused, any = { ids = {}, keys = {}, intakes = {} }, {}, false
  for i, new in ipairs(news) do
    refused[i] = refusalOf(new, found[i], fresh) or false
    any = any or refused[i] ~= false
  end
  if any and allOrNone then
    for i = 1, #news do refused[i] = refused[i] or { because = 'batch' } end
    return refused
  end
  for queue, intake in pairs(fresh.intakes) do
    local texts = {}
    for i, one in ipairs(intake.came) do texts[i] = string.format('%.17g %d', one.at, one.n) end
    hput(K.windows, queue, #texts > 0 and table.concat(texts, ' ') or false)
  end
  return refused
end
