-- What became of a schedule's slots, newest first: ARGV the time, its name, limit.
--@ flags no-writes
--@ use plans
local plan = planAt(ARGV[2])
if not plan or not plan.r1 then return {} end
local fields = {}
for i = plan.r1, math.max(plan.r0, plan.r1 - tonumber(ARGV[3]) + 1), -1 do fields[#fields + 1] = plan.n .. ':' .. i end
return hmget(K.records, fields)
