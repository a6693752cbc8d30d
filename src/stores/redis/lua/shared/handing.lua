-- What a worker is told of the jobs that it is handed.
--@ use runners packing

-- As an integer of the protocol where it is one, or else as text, which keeps the fraction.
local function instant(at)
  return at % 1 == 0 and at or string.format('%.17g', at)
end

local function endingAt(n)
  local raw = n and hget(K.ends, n)
  return raw and unpackEnding(raw) or nil
end

-- What few jobs have, as JSON.
local function moreOf(job)
  local last, more = endingAt(job.last), nil
  if last then
    more = { previous = { o = last.o, e = last.e, w = runnerAt(last.w).id, er = last.er, y = last.y, c = last.c } }
  end
  local crash = job.crash ~= 'retry' and job.crash or nil
  if job.ck or job.sus or job.slot or crash then
    more = more or {}
    more.sus, more.slot, more.crash = job.sus, job.slot, crash
    if job.ck then more.checkpoint = hget(K.check, job.n) end
  end
  return more and cjson.encode(more) or ''
end

-- What many jobs of a claim have in common, as one text.
local function factOf(job)
  return string.format('%d %d %d %d %d %d %.17g %.17g %.17g', job.lane, job.fence, job.try, job.fails or 0, job.losses or 0,
    job.max, job.made, job.start, job.exp or -1)
end

local function newAnswer()
  return { facts = {}, rows = {}, mores = {}, known = {}, at = 0 }
end

local function factPlace(answer, fact)
  local place = answer.known[fact]
  if not place then
    place = #answer.facts
    answer.facts[place + 1] = fact
    answer.known[fact] = place
  end
  return place
end

-- Four values for a job: its number, the place of its facts, its id, its payload.
local function handOver(answer, number, place, id, payload)
  local rows, at = answer.rows, answer.at
  rows[at + 1], rows[at + 2], rows[at + 3], rows[at + 4] = number, place, id, payload
  answer.at = at + 4
end

-- Apart, what few jobs have: of the last one that was handed over.
local function addMore(answer, more)
  if more == '' then return end
  local mores = answer.mores
  mores[#mores + 1] = answer.at - 4
  mores[#mores + 1] = more
end
