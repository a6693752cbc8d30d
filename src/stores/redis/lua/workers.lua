-- Who is registered, each as JSON: ARGV the time.
--@ flags no-writes
--@ use moves
local rows, answers = redis.call('HGETALL', K.workers), {}
for i = 1, #rows, 2 do
  local known = cmsgpack.unpack(rows[i + 1])
  local from, past = workerRange(known.n)
  local ends = tonumber(redis.call('ZSCORE', K.leases, rows[i]) or 0)
  answers[#answers + 1] = cjson.encode({
    id = rows[i], n = known.n, about = known.about, startedAt = known.started, beatAt = known.beat,
    leaseEndsAt = math.floor(now + ends - mono + 0.5), ending = known.ending, running = #handedOut(from, past),
  })
end
return answers
