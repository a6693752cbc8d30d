-- Dead jobs: the numbers of their deaths, and groups of those that look alike.
--@ use time job
local groups, groupsChanged = {}, {}
-- What the settlement said of a death, by the job's number.
local told = {}

local function groupAt(key)
  if groups[key] == nil then
    local raw = hget(K.groups, key)
    groups[key] = raw and cmsgpack.unpack(raw) or false
  end
  return groups[key] or nil
end

local function groupKey(job)
  local lane = laneAt(job.lane)
  return lane.queue .. '\n' .. lane.task .. '\n' .. job.print
end

local function bodyOf(group, job)
  return string.format('%012d%012d', group.n, job.death) .. job.n
end

local function died(job, why)
  job.print = why and why.fingerprint or job.why or 'unknown'
  local key, hour = groupKey(job), string.format('%d', math.floor(now / 3600000))
  local group = groupAt(key)
  if not group then
    group = { n = nextOf('group'), count = 0, total = 0, status = 'open', first = now, hours = {} }
    groups[key] = group
  end
  group.name = why and why.name or job.print
  group.message = why and why.message or ''
  group.count = group.count + 1
  group.total = group.total + 1
  group.last = now
  group.hours[hour] = (group.hours[hour] or 0) + 1
  for old in pairs(group.hours) do
    if tonumber(old) <= tonumber(hour) - 48 then group.hours[old] = nil end
  end
  if group.status == 'resolved' then
    group.status, group.again = 'open', now
  end
  groupsChanged[key] = group
  job.death = nextOf('death')
  zput(K.graves, job.n, job.death)
  zput(K.bodies, bodyOf(group, job), 0)
end

-- Forgets the death of a job that comes back, or is removed.
local function risen(job)
  if not job.death then return end
  local key = groupKey(job)
  local group = groupAt(key)
  if group then
    group.count = group.count - 1
    groupsChanged[key] = group
    zput(K.bodies, bodyOf(group, job), false)
  end
  zput(K.graves, job.n, false)
  job.death, job.print = nil, nil
end

local function writeGroups()
  for key, group in pairs(groupsChanged) do hput(K.groups, key, cmsgpack.pack(group)) end
  groupsChanged = {}
end
