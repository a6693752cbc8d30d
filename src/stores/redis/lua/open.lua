-- Says what is under the prefix, and makes a new store there: ARGV the time, the schema that is known, '1' to make it. Answers the schema found, 0 for none, -1 for what is not ours;
-- of a newer one beside which this may work, as `oldest` says, the schema that is known.
--@ flags allow-oom
local kinds = { [K.hot] = 'hash', [K.ids] = 'zset', [K.own] = 'hash', [K.body] = 'hash', [K.ready] = 'zset', [K.due] = 'zset', [K.run] = 'zset', [K.workers] = 'hash' }
local foreign = false
for key, kind in pairs(kinds) do
  local found = redis.call('TYPE', key).ok
  if found ~= 'none' and found ~= kind then foreign = true end
end
local kind = redis.call('TYPE', K.meta).ok
if foreign or (kind ~= 'none' and kind ~= 'hash') then return -1 end
local schema = tonumber(redis.call('HGET', K.meta, 'schema') or 0)
local oldest = tonumber(redis.call('HGET', K.meta, 'oldest') or schema)
if schema > 0 then return (schema > tonumber(ARGV[2]) and oldest <= tonumber(ARGV[2])) and tonumber(ARGV[2]) or schema end
if kind == 'hash' or redis.call('EXISTS', K.hot, K.ids, K.own, K.body, K.ready, K.due, K.run, K.workers) > 0 then return -1 end
if ARGV[3] == '1' then redis.call('HSET', K.meta, 'schema', ARGV[2]) end
return 0
