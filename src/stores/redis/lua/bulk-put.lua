-- Writes an operation: ARGV the time, id, the text it had ('' for none), the new one, since when it is over or '', by, verb. Answers 1 when it was so.
--@ flags allow-oom
--@ use bulks
if not putBulk(ARGV[2], ARGV[3], ARGV[4], ARGV[5]) then return 0 end
audit(ARGV[6], ARGV[7], ARGV[2])
writeMoves()
return 1
