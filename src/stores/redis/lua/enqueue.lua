-- Adds jobs: ARGV the time, '1' for all or none, the shapes, the runs of jobs that look alike, how many texts each job has, and whether
-- the keys of minted ids rise, as JSON; then of each job the texts. One: a minted id with the payload behind it; two: id and payload;
-- three: a unique key, too, or ''. Answers the states of the runs where all are new, or else one for each.
--@ flags
--@ use firstEnqueue adding
local news, at, width = {}, 4, order.width
for r = 1, #order.runs, 3 do
  for _ = 1, order.runs[r + 1] do
    local id, payload = ARGV[at], ARGV[at + 1]
    if width == 1 then id, payload = string.sub(id, 1, 26), string.sub(id, 27) end
    news[#news + 1] = {
      id = id, shape = order.shapes[order.runs[r]], wait = order.runs[r + 2], payload = payload,
      ukey = width == 3 and ARGV[at + 2] ~= '' and ARGV[at + 2] or nil,
    }
    at = at + width
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
