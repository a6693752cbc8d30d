-- The quick way of a settle, before the functions of the long one are made.
--@ use quickSettle
local order = orderAt(2)
settleQuickly(order)
writeSums()
if #order.rest == 0 then
  ring()
  return answersOf(order)
end
