-- What is no job is kept for its time, too.
--@ use moves

-- Groups in which nobody is dead any more, and has not died for long.
local function forgetGroups(age, budget)
  local cursor, left = hget(K.meta, 'groupCursor') or '0', budget
  local page = redis.call('HSCAN', K.groups, cursor, 'COUNT', 100)
  for i = 1, #page[2], 2 do
    local group = cmsgpack.unpack(page[2][i + 1])
    if left > 0 and group.count == 0 and group.last <= now - age then
      redis.call('HDEL', K.groups, page[2][i])
      left = left - 1
    end
  end
  if page[1] ~= cursor then redis.call('HSET', K.meta, 'groupCursor', page[1]) end
end

local function forgetWorkers(keep, budget)
  local newest, numbers = counter('worker'), {}
  local function take(members)
    for _, member in ipairs(members) do
      if tonumber(member) < newest then numbers[tonumber(member)] = true end
    end
  end
  take(redis.call('ZRANGEBYSCORE', K.gone, '-inf', now - keep.ageMs, 'LIMIT', 0, budget))
  take(redis.call('ZRANGEBYSCORE', K.gonebyn, '-inf', newest - keep.count, 'LIMIT', 0, budget))
  for n in pairs(numbers) do
    hput(K.runners, runnerAt(n).id, false)
    hput(K.runner, n, false)
    zput(K.gone, n, false)
    zput(K.gonebyn, n, false)
  end
  write()
end

local function forgetBulks(age, budget)
  for _, id in ipairs(redis.call('ZRANGEBYSCORE', K.bulkover, '-inf', now - age, 'LIMIT', 0, budget)) do
    hput(K.bulks, id, false)
    zput(K.bulkorder, id, false)
    zput(K.bulkopen, id, false)
    zput(K.bulkover, id, false)
  end
  write()
end

local function forgetActs(keep, budget)
  local newest, gone = counter('act'), counter('actsGone')
  local first = gone
  while gone < newest and gone - first < budget do
    local text = redis.call('HGET', K.audit, gone + 1)
    if text and cjson.decode(text).at > now - keep.ageMs and gone + 1 > newest - keep.count then break end
    redis.call('HDEL', K.audit, gone + 1)
    gone = gone + 1
  end
  if gone > first then redis.call('HSET', K.meta, 'actsGone', gone) end
end
