-- Takes all jobs of these workers away and forgets the workers: ARGV the time, the cause, the workers.
--@ flags allow-oom
--@ use chores
local taken = 0
for i = 3, #ARGV do
  taken = taken + lapseOne(ARGV[i], ARGV[2], math.huge)
end
ring()
return taken
