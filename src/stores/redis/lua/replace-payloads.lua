-- Writes payloads in the place of others that mean the same: ARGV the time, then for each id, was, now.
--@ flags allow-oom
--@ use job
local answers = {}
for i = 2, #ARGV, 3 do
  local n = hget(K.ids, ARGV[i])
  local payload = n and hget(K.body, n)
  if not payload then
    answers[#answers + 1] = 'gone'
  elseif payload ~= ARGV[i + 1] then
    answers[#answers + 1] = 'changed'
  else
    hput(K.body, n, ARGV[i + 2])
    answers[#answers + 1] = 'done'
  end
end
write()
return answers
