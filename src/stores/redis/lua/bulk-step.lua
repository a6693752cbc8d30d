-- Does a step and notes it: ARGV the time, id, the text it had, the new one, since when it is over or '', the step as JSON, its marks. 0: it is no longer so.
--@ flags allow-oom
--@ use bulks
local step = cjson.decode(ARGV[6])
if hget(K.bulks, ARGV[2]) ~= ARGV[3] or verdicts(step.kind, step.jobs) ~= ARGV[7] then return 0 end
putBulk(ARGV[2], ARGV[3], ARGV[4], ARGV[5])
for i, one in ipairs(step.jobs) do
  if string.sub(ARGV[7], i, i) == '1' then
    local job = jobOf(one.id)
    if step.kind == 'purge' then
      removeJob(job)
    else
      if one.payload then
        rewrite(job, { payload = one.payload, key = one.key, version = one.version or laneAt(job.lane).version, by = step.by, reason = step.reason })
      end
      revive(job, step.to)
    end
  end
end
writeMoves()
ring()
return 1
