-- How long finished jobs are kept, and what they weigh where a policy asks. The rules are those of src/job/retention.ts.
--@ use keys handing
local ageOf = { completed = 86400000, cancelled = 604800000 }
local standing

-- The policy that stands: its rules, and whether they ask for bytes.
local function policyNow()
  if standing == nil then
    local text = hget(K.meta, 'retention')
    standing = text and cjson.decode(text) or false
  end
  return standing or nil
end

-- The rules for one kind of finished job, the nearest first.
local function rulesFor(standing, queue, state)
  local of = standing.policy.queues and standing.policy.queues[queue]
  return of and of[state] or nil, standing.policy[state]
end

local function keepUntil(job, state, queue)
  local age = job.rd
  if state == 'completed' then age = job.rc elseif state == 'cancelled' then age = job.rx end
  local policy = policyNow()
  if policy and age == ageOf[state] then
    local near, far = rulesFor(policy, queue, state)
    local rule = near and near.ageMs ~= nil and near or far and far.ageMs ~= nil and far
    if rule then age = rule.ageMs ~= cjson.null and rule.ageMs or nil end
  end
  if not age then return nil end
  local keep, held = job.fin + age, heldUntil(job, state)
  return held and held < math.huge and math.max(keep, held) or keep
end

-- Whether count and bytes may take it: a job that holds its unique key for a time is left alone.
local function isWeighed(job, state, queue)
  local near, far
  if policyNow() then near, far = rulesFor(policyNow(), queue, state) end
  local held = heldUntil(job, state) or math.huge
  return (near or far) and (held == math.huge or held <= job.fin)
end

local function bytesOf(job)
  if not policyNow().asksBytes then return 0 end
  local bytes = 400 + #(payloadOf(job) or '') + (job.res and #hget(K.result, job.n) or 0) + (job.lt or 0)
  local n = job.last
  while n do
    local ending = endingAt(n)
    -- The error of a lapse is made by those who read it; so long is its JSON besides the message.
    bytes = bytes + 100 + (ending.er and #ending.er or ending.c and #ending.c + 83 or 0)
    n = ending.p
  end
  return bytes
end

-- The oldest first, of the whole store and of the queue.
local function keptMembers(job, state, queue)
  local rest = string.format('%s%016d', letters[state], job.fin) .. job.n
  return '\n' .. rest, queue .. '\n' .. rest
end

local function addWeight(scope, state, by)
  local key = scope .. '\n' .. state
  hput(K.weights, key, tonumber(hget(K.weights, key) or 0) + by)
end

-- Among those to be removed, by whole milliseconds, or with `false` out of them.
local function keepOn(job, isIn)
  shelve(shelves, K.keep, '', struct.pack('>I6', math.min(job.keep, 2 ^ 47)) .. job.n, isIn)
end

-- Gives a job that is finished the time and the weight that the policy says.
local function weigh(job, state)
  local queue = laneAt(job.lane).queue
  job.keep = keepUntil(job, state, queue)
  if job.keep then keepOn(job, true) end
  if not isWeighed(job, state, queue) then return end
  job.wt = bytesOf(job)
  local all, own = keptMembers(job, state, queue)
  zput(K.kept, all, 0)
  zput(K.kept, own, 0)
  addWeight('', state, job.wt)
  addWeight(queue, state, job.wt)
end

local function unweigh(job)
  if job.keep then keepOn(job, false) end
  if job.wt then
    local queue = laneAt(job.lane).queue
    local all, own = keptMembers(job, job.state, queue)
    zput(K.kept, all, false)
    zput(K.kept, own, false)
    addWeight('', job.state, -job.wt)
    addWeight(queue, job.state, -job.wt)
  end
  job.keep, job.wt = nil, nil
end
