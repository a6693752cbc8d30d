-- Who ever ran something, for attempts to name, by the number of its registration.
--@ use time job
local runners = {}

local function runnerAt(n)
  if runners[n] == nil then
    local text = hget(K.runner, n)
    local on, id = string.match(text or '', '^([^\n]*)\n(.*)$')
    runners[n] = { id = id or 'forgotten', on = on or 'forgotten' }
  end
  return runners[n]
end

-- The number of a worker that registers: its own, if it was here before.
local function knowRunner(id, on)
  local n = tonumber(hget(K.runners, id) or nextOf('worker'))
  hput(K.runners, id, n)
  hput(K.runner, n, on .. '\n' .. id)
  zput(K.gone, n, false)
  zput(K.gonebyn, n, false)
  return n
end

-- A worker's registration is over; attempts go on naming it.
local function endWorker(id, n)
  hput(K.workers, id, false)
  zput(K.leases, id, false)
  if n then
    zput(K.gone, n, now)
    zput(K.gonebyn, n, n)
  end
end
