-- What a step would find: ARGV the time, id, the jobs as JSON. Answers now, the operation's text, a mark for each job.
--@ flags no-writes
--@ use bulks
local text = hget(K.bulks, ARGV[2])
if not text then return { string.format('%.17g', now), '', '' } end
return { string.format('%.17g', now), text, verdicts(cjson.decode(text).kind, cjson.decode(ARGV[3])) }
