-- Endings already decided, written where the worker still holds the job.
--@ use ending

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

local function apply(job, one)
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

local function settleOne(runner, held, job, one)
  if not job then return 'gone' end
  if held and job.state == 'running' and job.by == runner and job.fence == one.fence then
    return apply(job, one)
  end
  return seenBefore(job, runner, one)
end

-- From ARGV[at] on: the worker, the number of settlements, and six values for each. Answers, and where it ends.
local function settleAll(at)
  local worker, many = ARGV[at], tonumber(ARGV[at + 1])
  local ids, answers = {}, {}
  for i = 1, many do ids[i] = ARGV[at + 2 + (i - 1) * 6] end
  local found = jobsOf(ids)
  local held, runner = many > 0 and isHeld(worker), tonumber(hget(K.runners, worker) or 0)
  for i = 1, many do
    local base = at + 2 + (i - 1) * 6
    local more, result = ARGV[base + 5], ARGV[base + 4]
    answers[i] = settleOne(runner, held, found[i] and jobs[found[i]], {
      fence = tonumber(ARGV[base + 1]),
      move = ARGV[base + 2],
      digest = ARGV[base + 3],
      result = result ~= '' and result or nil,
      more = more ~= '' and cjson.decode(more) or completed,
    })
  end
  return answers, at + 2 + many * 6
end
