-- Schedules whose next slot has come, the most overdue first: ARGV the time, limit. Answers now, when the next comes or '', then each.
--@ flags no-writes
--@ use plans
local names = redis.call('ZRANGEBYSCORE', K.plandue, '-inf', now, 'LIMIT', 0, ARGV[2])
local after = redis.call('ZRANGE', K.plandue, #names, #names, 'WITHSCORES')
local rows = { string.format('%.17g', now), after[2] or '' }
for _, name in ipairs(names) do rows[#rows + 1] = viewOf(name, planAt(name)) end
return rows
