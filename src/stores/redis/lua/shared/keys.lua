-- Unique keys: a key is held by the job that had it last, while its state and the time allow.
--@ use time job
local letters = {
  blocked = 'b', scheduled = 's', parked = 'p', ready = 'r', dispatched = 't', running = 'x',
  suspended = 'u', completed = 'c', dead = 'd', cancelled = 'k',
}

local function holdsIn(job, state)
  return job.ukey and string.find(job.ustates, letters[state], 1, true) ~= nil
end

local function isInTime(job)
  return job.ukey and (not job.ufor or job.made + job.ufor > now)
end

local waiting = { blocked = true, scheduled = true, parked = true, ready = true }

-- A job that waits and has expired is dead to others who want its key, although nobody has buried it yet.
local function stateNow(job)
  return waiting[job.state] and job.exp and job.exp <= now and 'dead' or job.state
end

local function holderOf(key)
  local n = hget(K.keys, key)
  local job = n and jobAt(n)
  return job and holdsIn(job, stateNow(job)) and isInTime(job) and job or nil
end

-- The key of a job, or what an edit makes of it.
local function keyAfter(job, change)
  return change and change.from == job.ukey and change.to or job.ukey
end

-- The other job that holds that key, if this one would hold it now.
local function twinOf(job, change)
  local twin = isInTime(job) and holderOf(keyAfter(job, change))
  return twin and twin.n ~= job.n and twin or nil
end

local function takeKey(job)
  if job.ukey and isInTime(job) and not twinOf(job) then hput(K.keys, job.ukey, job.n) end
end

local function dropKey(job)
  if job.ukey and hget(K.keys, job.ukey) == job.n then hput(K.keys, job.ukey, false) end
end

-- The other job that holds the key that an edit would have this one hold in its present state.
local function editTwin(job, change)
  return change and holdsIn(job, job.state) and keyAfter(job, change) ~= job.ukey and twinOf(job, change) or nil
end

-- Gives a job the key that an edit has made; it holds it where its state says so.
local function changeKey(job, change)
  local key = keyAfter(job, change)
  if not job.ukey or key == job.ukey then return end
  dropKey(job)
  job.ukey = key
  if holdsIn(job, job.state) then takeKey(job) end
end

-- A job that comes back into line where a newer twin holds its key is cancelled instead.
local function yieldToTwin(job)
  if not job.ukey or holdsIn(job, 'running') then return end
  local twin = twinOf(job)
  if twin and not job.ask then job.ask = 'replaced by ' .. twin.id end
end

-- Until when a finished job holds its key, `math.huge` without an end; nil when it holds none.
local function heldUntil(job, state)
  if not holdsIn(job, state) then return nil end
  return job.ufor and job.made + job.ufor or math.huge
end
