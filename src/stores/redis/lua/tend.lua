-- A bounded piece of upkeep: ARGV the time, the budget, how long and how many things are kept as JSON.
--@ flags allow-oom
--@ use chores forgetting retaining sampling
local budget, keep = tonumber(ARGV[2]), cjson.decode(ARGV[3])
local lapsed = lapseOverdue(budget)
local promoted = promote(budget)
local expired = expire(budget)
local removed, isWalking = retain(budget)
forgetGroups(keep.failures.ageMs, budget)
forgetWorkers(keep.goneWorkers, budget)
forgetBulks(keep.bulks.ageMs, budget)
forgetActs(keep.audit, budget)
takeSample(keep.samples)
ring()
return { promoted, lapsed, expired, removed, isWalking and 1 or 0 }
