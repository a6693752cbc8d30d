-- The quick way of a claim, before the functions of the long one are made.
--@ use quickClaim
local rows = claimQuickly(ARGV[2])
writeSums()
if rows then
  ring()
  return rows
end
