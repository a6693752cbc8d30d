-- Names that stand for one value each: ARGV the time, then 'take' and name, value, the value that may be replaced, of each; 'drop', how long unused, and name, value of each; or 'unused', how long, and how many.
--@ flags
--@ use time
local verb = ARGV[2]
local told = {}
if verb == 'take' then
  for i = 3, #ARGV, 3 do
    local name, value, instead = ARGV[i], ARGV[i + 1], ARGV[i + 2]
    local was = redis.call('HGET', K.names, name)
    if not was or was == value or (instead ~= '' and was == instead) then
      redis.call('HSET', K.names, name, value)
      redis.call('ZADD', K.nameage, now, name)
      told[#told + 1] = { value, 0 }
    else
      told[#told + 1] = { was, math.max(0, now - tonumber(redis.call('ZSCORE', K.nameage, name) or now)) }
    end
  end
elseif verb == 'drop' then
  local before = now - tonumber(ARGV[3])
  for i = 4, #ARGV, 2 do
    local at = tonumber(redis.call('ZSCORE', K.nameage, ARGV[i]) or '-inf')
    if at <= before and redis.call('HGET', K.names, ARGV[i]) == ARGV[i + 1] then
      redis.call('HDEL', K.names, ARGV[i])
      redis.call('ZREM', K.nameage, ARGV[i])
    end
  end
else
  local found = redis.call('ZRANGE', K.nameage, '-inf', now - tonumber(ARGV[3]), 'BYSCORE', 'LIMIT', 0, ARGV[4])
  for i = 1, #found do
    told[#told + 1] = found[i]
    told[#told + 1] = redis.call('HGET', K.names, found[i]) or ''
  end
end
return told
