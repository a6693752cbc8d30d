-- Endings already decided, written where the worker still holds the job.
--@ use ordering ending
local apply, settleRest
do
local function seenBefore(job, runner, one)
  local n = job.last
  while n do
    local ending = endingAt(n)
    if not ending or ending.x < one.fence then break end
    if ending.x == one.fence and ending.w == runner and ending.d then
      return ending.d == one.digest and 'applied' or 'conflict'
    end
    n = ending.p
  end
  return 'stale'
end

local function keepText(key, flag, job, text)
  if text then
    hput(key, job.n, text)
    job[flag] = 1
  elseif job[flag] then
    hput(key, job.n, false)
    job[flag] = nil
  end
end

-- Counts what the move counts as; more says what is more than a completion.
local function countMove(job, move, more)
  if more.fails then job.fails = (job.fails or 0) + 1 end
  if more.lost then job.losses = (job.losses or 0) + 1 end
  if more.survives then job.sus = nil end
  if move == 'snooze' then job.snoozes = (job.snoozes or 0) + 1 end
  if move == 'release' then job.frees = (job.frees or 0) + 1 end
end

local comesBack = { retry = true, snooze = true, release = true, lapse = true }

apply = function(job, one)
  local move, more = one.move, one.more
  depart(job)
  if comesBack[move] then yieldToTwin(job) end
  local to = job.ask and more.toAsked or more.to
  countMove(job, move, more)
  endAttempt(job, { o = move, d = one.digest, er = more.error, y = more.reason ~= '' and more.reason or nil })
  keepText(K.result, 'res', job, final[to] and one.result or nil)
  if more.error and move ~= 'lapse' then
    keepText(K.err, 'er', job, more.error)
  elseif move == 'complete' then
    keepText(K.err, 'er', job, nil)
  end
  if to == 'cancelled' then
    job.why = job.ask or more.reason
  else
    job.why = final[to] and more.reason or nil
  end
  if not final[to] and (more.delay > 0 or move ~= 'release') then job.at = now + more.delay end
  if more.elsewhere then job.av = runnerAt(job.by).on end
  told[job.n] = more.group
  arrive(job, to)
  return 'applied'
end

local completed = { to = 'completed', toAsked = 'completed', delay = 0 }

-- A number that was given away anew after writes were lost is another job's.
local function isMeant(job, one)
  if one.id then return job.id == one.id end
  return string.sub(job.id, -8) == one.tail
end

local function settleOne(runner, held, job, one)
  if not job or not isMeant(job, one) then return 'gone' end
  if held and job.state == 'running' and job.by == runner and job.fence == one.fence then
    return apply(job, one)
  end
  return seenBefore(job, runner, one)
end

-- Settles what is left of an order; its answers take their places.
settleRest = function(order)
  local ids, numbers = {}, {}
  -- In the order of the call: a key that one lets go is free for the next.
  table.sort(order.rest, function(a, b) return a.at < b.at end)
  for _, one in ipairs(order.rest) do
    if one.n then numbers[#numbers + 1] = one.n else ids[#ids + 1] = one.id end
  end
  loadJobs(numbers)
  local found, at = jobsOf(ids), 0
  local held, runner = isHeld(order.worker), tonumber(hget(K.runners, order.worker) or 0)
  for _, one in ipairs(order.rest) do
    local n = one.n
    if not n then
      at = at + 1
      n = found[at]
    end
    one.more = one.more == '' and completed or cjson.decode(one.more)
    order.answers[one.at] = settleOne(runner, held, n and jobAt(n), one)
  end
  return answersOf(order)
end
end
