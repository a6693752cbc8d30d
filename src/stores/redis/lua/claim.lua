-- Hands out ready jobs: ARGV the time and the ask as JSON.
--@ flags allow-oom
--@ use claiming
local rows = claim(ARGV[2])
ring()
return rows
