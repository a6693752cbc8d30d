-- What time alone changes: due jobs, expired ones, leases that ran out.
--@ use ending closing

local overdueCause = 'its lease ran out: the process died, froze, or lost the store'

local function numbersOf(members)
  local numbers = {}
  for i = 1, #members do numbers[i] = string.sub(members[i], -5) end
  loadJobs(numbers)
  return numbers
end

local function dueIn(key, until_, budget)
  return numbersOf(redis.call('ZRANGEBYSCORE', key, '-inf', until_, 'LIMIT', 0, budget))
end

local function promote(budget)
  local due = dueIn(K.due, now, budget)
  for _, n in ipairs(due) do
    local job = jobAt(n)
    depart(job)
    arrive(job, 'ready')
  end
  if #due > 0 then writeMoves() end
  return #due
end

local function expire(budget)
  local due = dueIn(K.expire, now, budget)
  for _, n in ipairs(due) do
    local job = jobAt(n)
    depart(job)
    job.why = 'expired'
    arrive(job, 'dead')
    close(job, 'expired')
  end
  if #due > 0 then writeMoves() end
  return #due
end

local function lossDelay(losses)
  return losses <= 1 and 0 or math.min(300000, 1000 * 2 ^ (losses - 2))
end

local function expiredOf(job)
  return job.exp and job.exp <= now and 'expired' or nil
end

local function deathOf(job, fails)
  if job.crash == 'dead' then return 'crashed' end
  if job.sus then return 'poison' end
  return job.crash == 'fail' and fails >= job.max and 'exhausted' or expiredOf(job)
end

-- Counts a loss and says where the job goes, and whether it is innocent: the rule is that of src/job/loss.ts.
-- `asked` before it had to yield to a twin.
local function afterLoss(job, asked, hasBegun, isEnding)
  local innocent = (job.crash ~= 'dead' or not hasBegun) and (isEnding or not hasBegun)
  local more = innocent and 0 or 1
  local losses, fails = (job.losses or 0) + more, (job.fails or 0) + (job.crash == 'fail' and more or 0)
  local dead
  if innocent then dead = expiredOf(job) else dead = deathOf(job, fails) end
  job.losses, job.fails = losses > 0 and losses or nil, fails > 0 and fails or nil
  local to, wait = 'ready', 0
  if asked then
    to, job.why, job.sus = 'cancelled', asked, nil
  elseif dead then
    to, job.why, job.sus = 'dead', dead, nil
  elseif job.ask then
    to, job.why, job.sus = 'cancelled', job.ask, nil
  elseif not innocent then
    wait, job.sus = lossDelay(losses), losses >= 2 and 1 or nil
  end
  return to, wait
end

-- A loss, which is no failure.
local function takeAway(job, worker, how)
  local about = workerOf(worker)
  local isWatching = about.tells and ((job.losses or 0) > 0 or (job.crash or 'retry') ~= 'retry')
  local hasBegun = not isWatching or job.begun == job.fence
  depart(job)
  endAttempt(job, { o = 'lapse', c = 'worker ' .. worker .. ': ' .. how.cause .. (hasBegun and '' or '; the job had not begun') })
  local asked = job.ask
  yieldToTwin(job)
  job.fence, job.why = job.fence + 1, nil
  local to, wait = afterLoss(job, asked, hasBegun, how.ending or about.ending)
  if wait > 0 then
    to, job.at = 'scheduled', now + wait
  end
  arrive(job, to)
end

-- Numbers of the jobs that a worker holds, the oldest first.
local function heldBy(worker)
  local known = workerOf(worker)
  if not known then return {} end
  local from, past = workerRange(known.n)
  local numbers = handedOut(from, past)
  table.sort(numbers, isBefore)
  return numbers
end

-- The registration goes with the last of its jobs; until then its lease, which ran out, keeps it from coming back.
local function lapseOne(worker, how)
  local held = heldBy(worker)
  local taken = math.min(#held, how.budget)
  for i = 1, taken do takeAway(jobAt(held[i]), worker, how) end
  if taken < how.budget then
    endWorker(worker, numberOf(worker))
    holders[worker] = false
  end
  writeMoves()
  return taken
end

local function lapseOverdue(budget)
  local left = budget
  for _, worker in ipairs(redis.call('ZRANGEBYSCORE', K.leases, '-inf', mono, 'LIMIT', 0, budget)) do
    if left > 0 then left = left - lapseOne(worker, { cause = overdueCause, budget = left }) end
  end
  return budget - left
end
