-- Schedules: what is decided of them outside, and their jobs.
--@ use acting adding
local recordsKept = 200

local function savePlan(name, plan)
  hput(K.schedules, name, cmsgpack.pack(plan))
  zput(K.plannames, name, 0)
  zput(K.plandue, name, plan.next or false)
end

-- Appends to what became of its slots; the oldest over the limit go.
local function keepRecords(plan, texts)
  for _, text in ipairs(texts) do
    plan.r1 = (plan.r1 or 0) + 1
    hput(K.records, plan.n .. ':' .. plan.r1, string.format('%.17g ', now) .. text)
  end
  plan.r0 = plan.r0 or 1
  while (plan.r1 or 0) - plan.r0 >= recordsKept do
    hput(K.records, plan.n .. ':' .. plan.r0, false)
    plan.r0 = plan.r0 + 1
  end
end

local function cancelSlot(n, reason)
  local job = jobAt(n)
  if job and not final[job.state] then actOn('cancel', job.id, 'schedule', reason) end
end

local function viewOf(name, plan)
  return cjson.encode({
    name = name, revision = plan.rev, cursorAt = plan.cursor, nextAt = plan.next, fired = plan.fired,
    running = liveCount(plan.n, 0), waiting = liveCount(plan.n, 1), body = plan.body,
  })
end
