-- Writes endings, then claims, in one: ARGV as of settle, then the ask.
--@ flags allow-oom
--@ use settling claiming
local answers, at = settleAll(2)
writeMoves()
local rows = claim(ARGV[at])
ring()
return { answers, rows }
