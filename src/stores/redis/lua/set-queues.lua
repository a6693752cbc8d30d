-- Pauses, resumes and limits queues: ARGV the time, then each setting as JSON.
--@ flags
--@ use removing
local function pause(name, paused)
  hput(K.paused, name, paused.on and cjson.encode({ reason = paused.reason, by = paused.by, at = now }) or false)
  audit(paused.by or '', paused.on and 'pause' or 'resume', name, paused.reason)
  rang = rang or not paused.on
end

-- What came before a new rate counts for it, as far back as the one before looked.
local function limit(name, limits)
  if not limits.isRate then hput(K.windows, name, false) end
  hput(K.limits, name, limits.text or false)
  audit(limits.by or '', limits.text and 'limit' or 'unlimit', name, limits.reason)
end

-- False where the last declaration is another one than it says.
local function declare(name, declared)
  local known = hget(K.declared, name)
  local digest = known and cjson.decode(known).digest
  if declared.text and (digest or nil) ~= declared.instead then return false end
  hput(K.declared, name, declared.text or false)
  return true
end

for i = 2, #ARGV do
  local one = cjson.decode(ARGV[i])
  if not one.declared or declare(one.name, one.declared) then
    if one.paused then pause(one.name, one.paused) end
    if one.limits then limit(one.name, one.limits) end
  end
end
write()
ring()
return 0
