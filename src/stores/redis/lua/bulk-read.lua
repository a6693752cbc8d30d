-- Bulk operations as they stand: ARGV the time, then ids; without any the newest hundred. Answers now, the last death, their texts.
--@ flags no-writes
--@ use time job
local ids = {}
for i = 2, #ARGV do ids[#ids + 1] = ARGV[i] end
if #ids == 0 then ids = redis.call('ZREVRANGE', K.bulkorder, 0, 99) end
local texts = hmget(K.bulks, ids)
return { string.format('%.17g', now), counter('death'), texts }
