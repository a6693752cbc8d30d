-- Takes all jobs of these workers away and forgets the workers: ARGV the time, the cause, '1' if they were ended and did not crash, the workers.
--@ flags allow-oom
--@ use chores
local taken = 0
for i = 4, #ARGV do
  taken = taken + lapseOne(ARGV[i], { cause = ARGV[2], ending = ARGV[3] == '1', budget = math.huge })
end
ring()
return taken
