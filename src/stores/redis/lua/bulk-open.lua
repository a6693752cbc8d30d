-- Operations that are not over: ARGV the time. Answers now and their texts.
--@ flags no-writes
--@ use time job
local ids = redis.call('ZRANGE', K.bulkopen, 0, 999)
return { string.format('%.17g', now), hmget(K.bulks, ids) }
