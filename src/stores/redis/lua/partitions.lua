-- How many partitions the store of a prefix has: ARGV the time, the number that is taken for it, '1' to write it down where there is no store. Answers the number, 0 for none.
--@ flags allow-oom
if redis.call('TYPE', K.meta).ok ~= 'hash' then
  if redis.call('EXISTS', K.meta) == 0 and ARGV[3] == '1' then
    redis.call('HSET', K.meta, 'partitions', ARGV[2])
    return tonumber(ARGV[2])
  end
  return 0
end
return tonumber(redis.call('HGET', K.meta, 'partitions') or 1)
