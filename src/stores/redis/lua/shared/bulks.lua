-- Bulk operations, decided outside and written only while they are as they were.
--@ use acting

-- `over`: since when it is over or stands still, '' where anybody may go on with it.
local function putBulk(id, was, text, over)
  if (hget(K.bulks, id) or '') ~= was then return false end
  local place = was == '' and nextOf('bulk') or redis.call('ZSCORE', K.bulkorder, id)
  zput(K.bulkorder, id, place)
  hput(K.bulks, id, text)
  zput(K.bulkopen, id, over == '' and place)
  zput(K.bulkover, id, over ~= '' and over)
  return true
end

-- Which of these dead jobs a step would deal with now: '1' or '0' for each.
local function verdicts(kind, steps)
  local seen, taken, marks = {}, {}, {}
  for i, step in ipairs(steps) do
    local job = jobOf(step.id)
    local good = job and job.death == step.death and not seen[step.id]
    if good and kind == 'redrive' and isInTime(job) then
      local key = keyAfter(job, step.key)
      good = not twinOf(job, step.key) and not taken[key]
      if good then taken[key] = true end
    end
    if good then seen[step.id] = true end
    marks[i] = good and '1' or '0'
  end
  return table.concat(marks)
end
