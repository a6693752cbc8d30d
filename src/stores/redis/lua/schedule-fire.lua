-- For each firing its jobs, its skips and its cursor in one, or nothing where the schedule has changed: ARGV the time, each firing as JSON.
--@ flags
--@ use plans

-- Those that wait go first, so that none of them takes the place of one that ends.
local function cancelEarlier(plan, reason)
  for _, kind in ipairs({ 1, 0 }) do
    for _, n in ipairs(liveJobs(plan.n, kind, 1000)) do cancelSlot(n, reason) end
    writeMoves()
  end
end

local function skippedFor(answer)
  return answer.outcome == 'refused' and answer.refusal.because ~= 'twin' and 'full' or 'twin'
end

-- True where the job of a slot has to wait.
local function isTaken(plan, room)
  return room.max and (liveCount(plan.n, 1) > 0 or liveCount(plan.n, 0) >= room.max)
end

local function fireOne(name, plan, slot, room)
  local id = slot.job.id
  if jobOf(id) then return { id = id, outcome = 'known' } end
  if not room.cancel and isTaken(plan, room) and liveCount(plan.n, 1) >= room.buffer then
    return { id = id, outcome = 'skipped', reason = room.buffer > 0 and 'bufferFull' or 'overlap' }
  end
  local answer = enqueueAll({ slot.job }, false)[1]
  if type(answer) == 'table' then return { id = id, outcome = 'skipped', reason = skippedFor(answer) } end
  writeMoves()
  -- Not before: a slot that gets no job takes nobody's place.
  if room.cancel then cancelEarlier(plan, slot.cancelReason) end
  local isFull = isTaken(plan, room)
  if isFull then
    plan.max = room.max
    savePlan(name, plan)
  end
  local job, facts = jobOf(id), slot.facts
  job.slot = {
    of = plan.n, name = name, at = facts.at, from = facts.from, back = facts.isBackfill or nil,
    held = isFull and true or nil,
  }
  plan.fired = plan.fired + 1
  if isFull then
    depart(job)
    arrive(job, 'blocked')
  else
    zput(K.live, liveMember(job), 0)
    save(job)
  end
  return { id = id, outcome = isFull and 'held' or 'fired' }
end

local function recordOf(at, outcome)
  return cjson.encode({
    at = at, count = 1, outcome = outcome.outcome, reason = outcome.reason,
    job = outcome.outcome ~= 'skipped' and outcome.id or nil,
  })
end

local function fire(firing)
  local plan, cursor = planAt(firing.name), firing.cursor
  if not plan or plan.rev ~= firing.revision or (cursor and cursor.to > now) then return { outcome = 'stale' } end
  if cursor then
    plan.rev, plan.cursor, plan.next, plan.max = plan.rev + 1, cursor.to, cursor.nextAt, firing.room.max
  end
  savePlan(firing.name, plan)
  local outcomes, records = {}, {}
  for _, skip in ipairs(firing.skipped) do records[#records + 1] = { at = skip.at, i = #records, text = skip.text } end
  for i, slot in ipairs(firing.slots) do
    outcomes[i] = fireOne(firing.name, plan, slot, firing.room)
    writeMoves()
    records[#records + 1] = { at = slot.facts.at, i = #records, text = recordOf(slot.facts.at, outcomes[i]) }
  end
  table.sort(records, function(a, b) return a.at < b.at or (a.at == b.at and a.i < b.i) end)
  local texts = {}
  for i, record in ipairs(records) do texts[i] = record.text end
  keepRecords(plan, texts)
  savePlan(firing.name, plan)
  writeMoves()
  return { outcome = 'fired', slots = outcomes }
end

local answers = {}
for i = 2, #ARGV do answers[i - 1] = cjson.encode(fire(cjson.decode(ARGV[i]))) end
ring()
return answers
