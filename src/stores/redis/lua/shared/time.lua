-- The instant of the whole script: the server's clock, or for tests the one that was handed in.
local now, mono
do
  local wall, steady = string.match(ARGV[1], '^(%S+) (%S+)$')
  if wall then
    now, mono = tonumber(wall), tonumber(steady)
  else
    local time = redis.call('TIME')
    now = time[1] * 1000 + math.floor(time[2] / 1000)
    mono = now
  end
end

-- When a new job may first run: '' at once, `d` and a delay, `r` and an instant.
local function later(wait)
  if wait == '' then return now end
  if string.sub(wait, 1, 1) == 'r' then return math.max(now, tonumber(string.sub(wait, 2))) end
  return math.max(now, now + tonumber(string.sub(wait, 2)))
end
