-- Makes, changes or removes schedules, each only at the revision it is known by: ARGV the time, then each change as JSON.
--@ flags allow-oom
--@ use plans
local function put(plan, change)
  plan = plan or { n = nextOf('plan'), rev = 0, fired = 0 }
  plan.body, plan.cursor, plan.next = change.body, change.cursorAt, change.nextAt
  plan.rev = plan.rev + 1
  keepRecords(plan, change.skipped)
  savePlan(change.name, plan)
end

local function remove(name, plan)
  if not plan then return end
  for _, n in ipairs(liveJobs(plan.n, 1, 1000)) do cancelSlot(n, 'its schedule was removed') end
  for i = plan.r0 or 1, plan.r1 or 0 do hput(K.records, plan.n .. ':' .. i, false) end
  hput(K.schedules, name, false)
  zput(K.plannames, name, false)
  zput(K.plandue, name, false)
end

local function set(change)
  local plan = planAt(change.name)
  if (plan and plan.rev or 0) ~= change.revision then return 'stale' end
  local order = change.order
  if order then audit(order.by, order.verb, change.name, order.reason) end
  if change.body then put(plan, change) else remove(change.name, plan) end
  return 'set'
end

local answers = {}
for i = 2, #ARGV do
  answers[i - 1] = set(cjson.decode(ARGV[i]))
  writeMoves()
end
ring()
return answers
