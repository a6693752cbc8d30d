-- Which job has an id. Minted ids are on a shelf of their keys and the numbers of their jobs, in the order of their time, so those that
-- come together stand together; several may have one key, and the job says which it is. An id of the caller's own has a field.
--@ use shelves
-- What this script has put and dropped, and what it found of a key.
local idsPut, numbersOfKey = {}, {}

-- The number of a job, or of an ending, as five bytes: what it is known by everywhere, in the order of the numbers.
local function packed(number)
  return struct.pack('>I5', number)
end

local function numberIn(n)
  return (struct.unpack('>I5', n))
end

-- The key of an id that looks minted, twelve of its characters: the digits of its time that change within a year, the counter inside
-- the millisecond, and the last two. Those are what ids of a factory differ by that counts up from a chance. Others may have the same.
local function mintedKey(id)
  return string.sub(id, 4, 13) .. string.sub(id, 25, 26)
end

-- Nil where an id does not look minted. As `minted` of minted.ts.
local function idKey(id)
  return #id == 26 and string.find(id, '^[0-7][0-9A-HJKMNP-TV-Z]+$') and mintedKey(id) or nil
end

-- The numbers of the jobs that may have this key. What is equal may stand at the end of the member before, too.
local function numbersBy(key)
  if numbersOfKey[key] then return numbersOfKey[key] end
  local numbers, to = {}, '[' .. key .. '\255'
  while to do
    local member = redis.call('ZREVRANGEBYLEX', K.ids, to, '-', 'LIMIT', 0, 1)[1]
    local at = member and string.find(member, key, 1, true)
    while at do
      if at % 17 == 1 then numbers[#numbers + 1] = string.sub(member, at + 12, at + 16) end
      at = string.find(member, key, at + 1, true)
    end
    to = member and string.sub(member, 1, 12) == key and '(' .. member or nil
  end
  numbersOfKey[key] = numbers
  return numbers
end

-- For each id the numbers of the jobs that may have it.
local function numbersOfIds(ids)
  local found, own, places = {}, {}, {}
  for i, id in ipairs(ids) do
    local put, key = idsPut[id], idKey(id)
    if put ~= nil then
      found[i] = { put or nil }
    elseif key then
      found[i] = numbersBy(key)
    else
      own[#own + 1] = id
      places[#places + 1] = i
    end
  end
  for i, n in ipairs(hmget(K.own, own)) do found[places[i]] = { n or nil } end
  return found
end

local function putId(id, n, isIn)
  local key = idKey(id)
  idsPut[id] = isIn and n
  if key then shelve(shelves, K.ids, '', key .. n, isIn) else hput(K.own, id, isIn and n) end
end
