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
