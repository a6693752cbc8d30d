-- A job, and an ending, as bytes: what every one has at fixed places, the rest as MessagePack.
local states = { 'blocked', 'scheduled', 'ready', 'running', 'completed', 'dead', 'cancelled' }
local codes = {}
for code, state in ipairs(states) do codes[state] = code end
local moves = { 'complete', 'retry', 'snooze', 'release', 'bury', 'cancel', 'lapse' }
for code, move in ipairs(moves) do codes[move] = code end
local none = '\0\0\0\0\0'
-- Fields with a place of their own, and those that are not kept.
local placed = {
  n = true, block = true, id = true, state = true, prio = true, lane = true, max = true, made = true, at = true,
  rc = true, rx = true, rd = true, try = true, fence = true, by = true, call = true, start = true, last = true,
  fin = true, keep = true, body = true,
}

-- The head of a job is all of it but its id and its payload: the same for many jobs that came, or were claimed, together.
-- Bits of the second byte: 1 it has run, 2 it has ended, 4 it waits since it was made, 8 it is kept as most are, 16 there is more,
-- 32 its payload stands behind its id.
local function packHead(job)
  local flags, parts = job.body and 32 or 0, ''
  if job.try then
    flags = flags + 1
    parts = struct.pack('>I4I4I5I6d', job.try, job.fence, job.by or 0, job.call or 0, job.start) .. (job.last or none)
  end
  if job.fin then
    flags = flags + 2
    parts = parts .. struct.pack('>dd', job.fin, job.keep or -1)
  end
  if job.at == job.made then flags = flags + 4 else parts = parts .. struct.pack('>d', job.at) end
  local rest
  for key, value in pairs(job) do
    if not placed[key] then
      rest = rest or {}
      rest[key] = value
    end
  end
  if job.rc == 86400000 and job.rx == 604800000 and not job.rd then
    flags = flags + 8
  else
    rest = rest or {}
    rest.rc, rest.rx, rest.rd = job.rc, job.rx, job.rd
  end
  if rest then
    local more = cmsgpack.pack(rest)
    flags = flags + 16
    parts = parts .. struct.pack('>I4', #more) .. more
  end
  return struct.pack('>BBBI3I4d', codes[job.state], flags, job.prio, job.lane, job.max, job.made) .. parts
end

local function packJob(job)
  return packHead(job) .. struct.pack('>I2', #job.id) .. job.id .. (job.body or '')
end

-- The place of the last byte of the head.
local function headEnd(raw)
  local flags, last = string.byte(raw, 2), 18
  if flags % 2 == 1 then last = 50 end
  if flags % 4 >= 2 then last = last + 16 end
  if flags % 8 < 4 then last = last + 8 end
  if flags % 32 >= 16 then last = last + 4 + struct.unpack('>I4', raw, last + 1) end
  return last
end

-- Since when a job may run, without a look at the rest.
local function availableIn(raw)
  local flags = string.byte(raw, 2)
  if flags % 8 >= 4 then return (struct.unpack('>d', raw, 11)) end
  return (struct.unpack('>d', raw, 19 + (flags % 2 == 1 and 32 or 0) + (flags % 4 >= 2 and 16 or 0)))
end

local function unpackJob(raw, n)
  local state, flags, prio, lane, max, made, pos = struct.unpack('>BBBI3I4d', raw)
  local try, fence, by, call, start, last, fin, keep
  local at, more = made, nil
  if flags % 2 == 1 then
    try, fence, by, call, start, last, pos = struct.unpack('>I4I4I5I6dc5', raw, pos)
    if by == 0 then by, call = nil, nil end
    if last == none then last = nil end
  end
  if flags % 4 >= 2 then
    fin, keep, pos = struct.unpack('>dd', raw, pos)
    if keep < 0 then keep = nil end
  end
  if flags % 8 < 4 then at, pos = struct.unpack('>d', raw, pos) end
  if flags % 32 >= 16 then
    local size
    size, pos = struct.unpack('>I4', raw, pos)
    more = cmsgpack.unpack(string.sub(raw, pos, pos + size - 1))
    pos = pos + size
  end
  local size = struct.unpack('>I2', raw, pos)
  local isPlain = flags % 16 >= 8
  local job = {
    n = n, id = string.sub(raw, pos + 2, pos + 1 + size), state = states[state], prio = prio, lane = lane, max = max, made = made,
    at = at, try = try, fence = fence, by = by, call = call, start = start, last = last, fin = fin, keep = keep,
    rc = isPlain and 86400000 or nil, rx = isPlain and 604800000 or nil,
    body = flags >= 32 and string.sub(raw, pos + 2 + size) or nil,
  }
  if more then
    for key, value in pairs(more) do job[key] = value end
  end
  return job
end

-- The first byte is 1 where there is more than the digest.
local function packEnding(ending)
  local more, tail = 0, ending.d or ''
  if ending.er or ending.y or ending.c or ending.pr or not ending.d then
    more = 1
    tail = cmsgpack.pack({ d = ending.d, er = ending.er, y = ending.y, c = ending.c, pr = ending.pr })
  end
  local head = struct.pack('>BBI4I4I5dd', more, codes[ending.o], ending.a, ending.x, ending.w, ending.s, ending.e)
  return head .. ending.j .. (ending.p or none) .. tail
end

local function unpackEnding(raw)
  local more, move, try, fence, worker, start, at, job, last, pos = struct.unpack('>BBI4I4I5ddc5c5', raw)
  local tail = string.sub(raw, pos)
  local rest = more == 1 and cmsgpack.unpack(tail) or { d = tail }
  return {
    o = moves[move], a = try, x = fence, w = worker, s = start, e = at, j = job, p = last ~= none and last or nil,
    d = rest.d, er = rest.er, y = rest.y, c = rest.c, pr = rest.pr,
  }
end
