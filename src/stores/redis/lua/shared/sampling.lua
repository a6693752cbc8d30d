-- What the store holds, noted now and then.
--@ use time job

local function sampleNow()
  local sample = { at = now, enqueued = counter('seq'), live = 0, completed = 0, dead = 0, cancelled = 0 }
  local rows = redis.call('HGETALL', K.counts)
  for i = 1, #rows, 2 do
    local state = string.match(rows[i], '\n(.*)$')
    local kind = (state == 'completed' or state == 'dead' or state == 'cancelled') and state or 'live'
    sample[kind] = sample[kind] + tonumber(rows[i + 1])
  end
  return sample
end

local function takeSample(keep)
  local last = tonumber(redis.call('ZREVRANGE', K.samples, 0, 0, 'WITHSCORES')[2] or '-inf')
  if last > now - keep.everyMs and last <= now then return end
  redis.call('ZREMRANGEBYSCORE', K.samples, '-inf', now - keep.ageMs)
  redis.call('ZREMRANGEBYSCORE', K.samples, now, '+inf')
  redis.call('ZADD', K.samples, now, cjson.encode(sampleNow()))
end
