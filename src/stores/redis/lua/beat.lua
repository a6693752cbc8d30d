-- Says that a worker lives: ARGV the time, the worker, its ttl in ms, and what it is as JSON, or ''.
--@ flags allow-oom
--@ use claiming
local worker, ttl, about, ranOn = ARGV[2], tonumber(ARGV[3]), ARGV[4], ARGV[5]
local known = workerOf(worker)
if not known and about == '' or known and not isHeld(worker) then
  return cjson.encode({ lease = 'lost', now = now })
end
if not known then known = { n = knowRunner(worker, ranOn), started = now, about = about } end
known.beat = now
hput(K.workers, worker, cmsgpack.pack(known))
zput(K.leases, worker, mono + ttl)
holders[worker] = known
write()
return cjson.encode({ lease = 'held', now = now, cancels = cancelsOf(worker) })
