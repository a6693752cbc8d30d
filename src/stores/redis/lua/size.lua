-- What the store holds and held: ARGV the time, and how far to look back. Answers now, when the next job leaves or '', then the first since each or ''.
--@ flags no-writes
--@ use sampling
local function nextRemoval()
  local first = redis.call('ZRANGE', K.keep, 0, 0)[1]
  local job = first and jobAt(string.sub(first, 7, 11))
  return job and string.format('%.17g', job.keep) or ''
end

local rows = { cjson.encode(sampleNow()), nextRemoval() }
for i = 2, #ARGV do
  rows[#rows + 1] = redis.call('ZRANGEBYSCORE', K.samples, now - tonumber(ARGV[i]), now, 'LIMIT', 0, 1)[1] or ''
end
return rows
