-- Writes endings: ARGV the time, the worker, the numbers and fences of plain completions as JSON, the ends of their ids, their
-- digest, how many others there are, and for each its place, id, number or '', fence, move, digest, result, more. Answers how many, where all were applied.
--@ flags allow-oom
--@ use firstSettle settling
local answers = settleRest(order)
writeMoves()
ring()
return answers
