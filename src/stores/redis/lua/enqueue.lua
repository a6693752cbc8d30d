-- Adds jobs: ARGV the time, '1' for all or none, the shapes, the runs of jobs that look alike, how many texts each has and whether all ids are minted as JSON, then
-- for each id, payload, and where one has it, the unique key. Answers the states of the runs where all are new, or else one for each.
--@ flags
--@ use firstEnqueue adding
local news, at = {}, 4
for r = 1, #order.runs, 3 do
  for _ = 1, order.runs[r + 1] do
    news[#news + 1] = {
      id = ARGV[at], shape = order.shapes[order.runs[r]], wait = order.runs[r + 2], payload = ARGV[at + 1],
      ukey = order.width == 3 and ARGV[at + 2] ~= '' and ARGV[at + 2] or nil,
    }
    at = at + order.width
  end
end
local answers = enqueueAll(news, ARGV[2] == '1')
writeMoves()
ring()
for i = 1, #answers do
  -- A new job is told by its state alone.
  if type(answers[i]) == 'table' then answers[i] = cjson.encode(answers[i]) end
end
return answers
