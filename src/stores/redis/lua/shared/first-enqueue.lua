-- The quick way of new jobs, before the functions of the long one are made.
--@ use quickEnqueue
local order = cjson.decode(ARGV[3])
local states = enqueueQuickly(order)
if states then return states end
