-- Jobs by id: ARGV the time, what is wanted besides, the ids.
--@ flags no-writes
--@ use looking
local ids, rows = {}, {}
for i = 3, #ARGV do ids[#ids + 1] = ARGV[i] end
for i, n in ipairs(jobsOf(ids)) do
  local job = n and jobAt(n)
  rows[i] = job and textsOf(job, ARGV[2]) or false
end
return rows
