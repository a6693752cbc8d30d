-- Says that a worker lives: ARGV the time, the worker, its ttl in ms, and what it is as JSON, or '', host and process, '1' if it tells begin, '1' if it ends.
--@ flags allow-oom
--@ use claiming
local worker, ttl, about, ranOn = ARGV[2], tonumber(ARGV[3]), ARGV[4], ARGV[5]
local known = workerOf(worker)
if not known and about == '' or known and not isHeld(worker) then
  return cjson.encode({ lease = 'lost', now = now })
end
if not known then
  known = { n = knowRunner(worker, ranOn), started = now, about = about, tells = ARGV[6] == '1' or nil }
elseif ARGV[7] == '1' then
  known.ending = true
end
known.beat = now
hput(K.workers, worker, cmsgpack.pack(known))
zput(K.leases, worker, mono + ttl)
holders[worker] = known
write()
return cjson.encode({ lease = 'held', now = now, cancels = cancelsOf(worker) })
