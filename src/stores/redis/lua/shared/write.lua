-- What a script changes is gathered, and written at its end with one command for each key.
--@ use tables
local hashes, sets, meta = {}, {}, {}

local function put(of, key, name, value)
  under(of, key)[name] = value
end

-- `false` deletes the field.
local function hput(key, field, value)
  put(hashes, key, field, value)
end

-- `false` removes the member.
local function zput(key, member, score)
  put(sets, key, member, score)
end

local function hget(key, field)
  local rows = hashes[key]
  local value = rows and rows[field]
  if value == nil then value = redis.call('HGET', key, field) end
  return value
end

-- Many fields of one hash, in order; missing ones are false.
local function hmget(key, fields)
  local rows, values = hashes[key], {}
  if not rows and #fields > 0 and #fields <= 1000 then return redis.call('HMGET', key, unpack(fields)) end
  for from = 1, #fields, 1000 do
    local part = redis.call('HMGET', key, unpack(fields, from, math.min(#fields, from + 999)))
    for i = 1, #part do values[from + i - 1] = part[i] end
  end
  if rows then
    for i = 1, #fields do
      if rows[fields[i]] ~= nil then values[i] = rows[fields[i]] end
    end
  end
  return values
end

-- A number that only rises.
local function counter(name)
  if not meta[name] then meta[name] = tonumber(redis.call('HGET', K.meta, name) or 0) end
  return meta[name]
end

local function nextOf(name)
  local n = counter(name) + 1
  meta[name] = n
  hput(K.meta, name, n)
  return n
end

local function send(command, key, args)
  for from = 1, #args, 2000 do
    redis.call(command, key, unpack(args, from, math.min(#args, from + 1999)))
  end
end

local function writeHash(key, rows)
  local there, gone = {}, {}
  for field, value in pairs(rows) do
    if value then
      there[#there + 1] = field
      there[#there + 1] = value
    else
      gone[#gone + 1] = field
    end
  end
  send('HSET', key, there)
  send('HDEL', key, gone)
end

local function writeSet(key, rows)
  local there, gone = {}, {}
  for member, score in pairs(rows) do
    if score then
      there[#there + 1] = score
      there[#there + 1] = member
    else
      gone[#gone + 1] = member
    end
  end
  send('ZADD', key, there)
  send('ZREM', key, gone)
end

local function write()
  for key, rows in pairs(hashes) do writeHash(key, rows) end
  for key, rows in pairs(sets) do writeSet(key, rows) end
  hashes, sets = {}, {}
end
