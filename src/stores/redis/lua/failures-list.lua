-- Groups of dead jobs that look alike, those with the most first: ARGV the time, the filter as JSON. Answers now, then each as JSON.
--@ flags no-writes
--@ use grave
local found = groupsOf(cjson.decode(ARGV[2]))
table.sort(found, function(a, b)
  local x, y = a.group, b.group
  return x.count > y.count or (x.count == y.count and (x.last > y.last or (x.last == y.last and a.key < b.key)))
end)
local rows = { string.format('%.17g', now) }
for i = 1, math.min(#found, 1000) do
  local group = found[i].group
  local from = string.format('%012d', group.n)
  local newest = redis.call('ZREVRANGEBYLEX', K.bodies, '[' .. from .. ':', '[' .. from, 'LIMIT', 0, 1)[1]
  local job = newest and jobAt(string.sub(newest, -5))
  group.sample = job and job.id
  rows[i + 1] = cjson.encode(group)
end
return rows
