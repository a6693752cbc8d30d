-- Adds jobs: ARGV the time, '1' for all or none, the shapes as JSON, then for each id, shape, wait, unique key, payload.
--@ flags
--@ use adding
local shapes, news = cjson.decode(ARGV[3]), {}
for at = 4, #ARGV, 5 do
  news[#news + 1] = {
    id = ARGV[at], shape = shapes[tonumber(ARGV[at + 1])], wait = ARGV[at + 2],
    ukey = ARGV[at + 3] ~= '' and ARGV[at + 3] or nil, payload = ARGV[at + 4],
  }
end
local answers = enqueueAll(news, ARGV[2] == '1')
writeMoves()
ring()
for i = 1, #answers do
  -- A new job is told by its state alone.
  if type(answers[i]) == 'table' then answers[i] = cjson.encode(answers[i]) end
end
return answers
