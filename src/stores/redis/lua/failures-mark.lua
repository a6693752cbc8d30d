-- Says what a person thinks of groups: ARGV the time, then each mark as JSON. Answers how many groups each was about.
--@ flags
--@ use grave removing
local answers = {}
for i = 2, #ARGV do
  local mark = cjson.decode(ARGV[i])
  local found = groupsOf({ fingerprint = mark.fingerprint, task = mark.task, queue = mark.queue })
  for _, one in ipairs(found) do
    local group = groupAt(one.key)
    group.status, group.again = mark.status, nil
    groupsChanged[one.key] = group
  end
  if #found > 0 then audit(mark.by, 'mark ' .. mark.status, mark.fingerprint) end
  writeMoves()
  answers[i - 1] = #found
end
return answers
