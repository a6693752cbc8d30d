-- Writes endings: ARGV the time, the worker, how many, and for each id, fence, move, digest, result, more.
--@ flags allow-oom
--@ use settling
local answers = settleAll(2)
writeMoves()
ring()
return answers
