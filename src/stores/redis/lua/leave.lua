-- Hands a registration back: ARGV the time, the worker, the digest of a release. What it still holds is released.
--@ flags allow-oom
--@ use settling chores
local worker = ARGV[2]
if not isHeld(worker) then return 0 end
local released = { to = 'ready', toAsked = 'cancelled', delay = 0 }
for _, n in ipairs(heldBy(worker)) do
  apply(jobAt(n), { move = 'release', digest = ARGV[3], more = released })
end
endWorker(worker, numberOf(worker))
writeMoves()
ring()
return 1
