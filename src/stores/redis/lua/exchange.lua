-- Writes endings, then claims, in one: ARGV as of settle, then the ask.
--@ flags allow-oom
--@ use firstExchange settling claiming
local answers = settleRest(order)
writeMoves()
-- The quick way writes past them.
jobs = {}
local rows = claimQuickly(ARGV[order.past])
writeSums()
rows = rows or claim(ARGV[order.past])
ring()
return { answers, rows }
