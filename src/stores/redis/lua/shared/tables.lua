-- The table that another one has under a key, made where it has none.
local function under(of, key)
  local found = of[key]
  if not found then
    found = {}
    of[key] = found
  end
  return found
end
