-- Hands out ready jobs: ARGV the time and the ask as JSON. Answers a head as JSON, what jobs have in common, four values for each, and
-- apart what few have: see handing.lua.
--@ flags allow-oom
--@ use firstClaim claiming
rows = claim(ARGV[2])
ring()
return rows
