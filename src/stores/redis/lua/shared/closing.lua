-- Jobs that ended while they waited, for who follows what happens: who is that far behind at most, or misses some.
--@ use job
local closingsKept = 100000

local function close(job, how, by, reason)
  local lane, n = laneAt(job.lane), nextOf('closing')
  hput(K.closings, n, cjson.encode({
    at = now, id = job.id, task = lane.task, queue = lane.queue, how = how, by = by, reason = reason,
  }))
  hput(K.closings, n - closingsKept, false)
end
