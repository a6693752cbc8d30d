-- Puts a policy in the place of the one before: ARGV the time, the text that stood ('' for none), the new one ('' for none), by, verb, reason. 0: it is no longer so.
--@ flags allow-oom
--@ use retaining
if (hget(K.meta, 'retention') or '') ~= ARGV[2] then return 0 end
local text = ARGV[3]
if text ~= '' then
  -- Only here it is known what time it is.
  text = string.gsub(text, '"at":null', '"at":' .. string.format('%.17g', now), 1)
end
hput(K.meta, 'retention', text ~= '' and text or false)
hput(K.meta, 'retentionWalk', 0)
audit(ARGV[4], ARGV[5], 'store', text ~= '' and ARGV[6] or nil)
write()
walk(1000)
writeMoves()
return 1
