-- Writes payloads in the place of others that mean the same: ARGV the time, then for each id, was, now.
--@ flags allow-oom
--@ use job
local answers = {}
for i = 2, #ARGV, 3 do
  local job = jobOf(ARGV[i])
  local payload = job and payloadOf(job)
  if not payload then
    answers[#answers + 1] = 'gone'
  elseif payload ~= ARGV[i + 1] then
    answers[#answers + 1] = 'changed'
  else
    putPayload(job, ARGV[i + 2])
    save(job)
    answers[#answers + 1] = 'done'
  end
end
writeJobs()
return answers
