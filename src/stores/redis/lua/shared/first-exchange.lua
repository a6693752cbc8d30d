-- The quick way of an exchange, before the functions of the long one are made.
--@ use quickSettle quickClaim
local order = orderAt(2)
settleQuickly(order)
if #order.rest == 0 then
  local rows = claimQuickly(ARGV[order.past])
  if rows then
    writeSums()
    ring()
    return { answersOf(order), rows }
  end
end
writeSums()
