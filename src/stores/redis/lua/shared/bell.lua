-- Wakes whoever listens in other processes.
local rang = false

local function ring()
  if rang then redis.call('PUBLISH', K.bell, '') end
end
