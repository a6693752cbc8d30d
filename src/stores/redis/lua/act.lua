-- Cancels, retries, promotes or removes jobs: ARGV the time, the verb, by, '1' and the reason or '0' and '', the ids.
--@ flags allow-oom
--@ use acting
local reason, answers = ARGV[4] == '1' and ARGV[5] or nil, {}
for i = 6, #ARGV do
  answers[i - 5] = cjson.encode(actOn(ARGV[2], ARGV[i], ARGV[3], reason))
  writeMoves()
end
ring()
return answers
