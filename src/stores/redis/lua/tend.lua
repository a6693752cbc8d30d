-- A bounded piece of upkeep: ARGV the time, the budget, how long and how many things are kept as JSON. Answers the counts, now, and
-- the texts of bulk operations that are not over.
--@ flags allow-oom
--@ use chores forgetting retaining sampling job
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
local open = redis.call('ZRANGE', K.bulkopen, 0, 999)
return { promoted, lapsed, expired, removed, isWalking and 1 or 0, string.format('%.17g', now), hmget(K.bulks, open) }
