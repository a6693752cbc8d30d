-- Schedules by name: ARGV the time, only after this name, limit, then '1' and the names that are meant, if only some are.
--@ flags no-writes
--@ use plans
local names, rows = {}, {}
if ARGV[4] == '1' then
  for i = 5, #ARGV do names[#names + 1] = ARGV[i] end
  table.sort(names)
else
  local from = ARGV[2] == '' and '-' or '(' .. ARGV[2]
  names = redis.call('ZRANGEBYLEX', K.plannames, from, '+', 'LIMIT', 0, ARGV[3])
end
for i, name in ipairs(names) do
  local plan = planAt(name)
  local isTwice = i > 1 and names[i - 1] == name
  if plan and not isTwice and name > ARGV[2] and #rows < tonumber(ARGV[3]) then rows[#rows + 1] = viewOf(name, plan) end
end
return rows
