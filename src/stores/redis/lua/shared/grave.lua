-- Which groups and dead jobs a filter means.
--@ use moves

local function fits(group, where)
  return (not where.task or group.task == where.task) and (not where.queue or group.queue == where.queue)
    and (not where.fingerprint or group.fingerprint == where.fingerprint)
    and (not where.since or group.last >= where.since)
end

-- The groups that fit, by their keys, with the parts of which the key is made.
local function groupsOf(where)
  local rows, found = redis.call('HGETALL', K.groups), {}
  for i = 1, #rows, 2 do
    local group = cmsgpack.unpack(rows[i + 1])
    group.queue, group.task, group.fingerprint = string.match(rows[i], '^([^\n]*)\n([^\n]*)\n(.*)$')
    if fits(group, where) then found[#found + 1] = { key = rows[i], group = group } end
  end
  return found
end
