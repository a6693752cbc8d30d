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

-- Ids up to this length stand before the payload, behind two bytes for their length, as in the row of a job.
local shortId = 127

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
  if #job.id > shortId then
    more = more or {}
    more.id = job.id
  end
  return more and cjson.encode(more) or ''
end

-- What many jobs of a claim have in common, as one text.
local function factOf(job)
  return string.format('%d %d %d %d %d %d %.17g %.17g %.17g', job.lane, job.fence, job.try, job.fails or 0, job.losses or 0,
    job.max, job.made, job.start, job.exp or -1)
end

local function newAnswer()
  return { facts = {}, runs = {}, rows = {}, mores = {}, known = {}, at = 0, next = -1 }
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

-- A text for a job: its id and its payload. Jobs that follow one another with the same facts are a run: the place of the facts,
-- the first number, how many.
local function handOver(answer, number, place, text)
  local runs, at = answer.runs, answer.at + 1
  answer.rows[at] = text
  answer.at = at
  if number == answer.next and place == answer.place then
    runs[#runs] = runs[#runs] + 1
  else
    local past = #runs
    runs[past + 1], runs[past + 2], runs[past + 3] = place, number, 1
    answer.place = place
  end
  answer.next = number + 1
end

local function textFor(id, payload)
  return #id > shortId and '\0\0' .. payload or struct.pack('>I2', #id) .. id .. payload
end

local function replyOf(head, answer)
  return { head, answer.facts, answer.runs, answer.rows, answer.mores }
end

-- Apart, what few jobs have: of the last one that was handed over.
local function addMore(answer, more)
  if more == '' then return end
  local mores = answer.mores
  mores[#mores + 1] = answer.at - 1
  mores[#mores + 1] = more
end
