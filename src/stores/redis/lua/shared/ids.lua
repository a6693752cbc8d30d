-- Which job has an id: buckets of a short hash of the id and the job's number, nine bytes a job. A bucket is split for every
-- sixteen jobs that come (linear hashing), so that none grows; they stay when jobs go.
--@ use write
local idBuckets, idDirty, idsChanged = {}, {}, 0
local idModulus, bucketJobs = 67108859, 16
local idMany, idLow

-- The number of a job, or of an ending, as five bytes: what it is known by everywhere, in the order of the numbers.
local function packed(number)
  return struct.pack('>I5', number)
end

local function numberIn(n)
  return (struct.unpack('>I5', n))
end

local function idHash(id)
  local h, at, past = 7, 1, #id + 1
  if past > 25 then
    local a, b, c, d, e
    a, b, c, d, e, at = struct.unpack('>I5I5I5I5I5', id)
    h = ((((a % idModulus * 52361 + b) % idModulus * 52361 + c) % idModulus * 52361 + d) % idModulus * 52361 + e) % idModulus
  end
  while at < past do
    h = (h * 52361 + string.byte(id, at)) % idModulus
    at = at + 1
  end
  return h
end

local function growIds(many)
  idMany, idLow = many, idLow or 1
  while idLow * 2 <= many do idLow = idLow * 2 end
end

-- By position the number of the bucket of each hash; what is not known yet is read.
local function bucketsOf(hashes)
  if not idMany then growIds(tonumber(redis.call('HGET', K.meta, 'idBuckets') or 1)) end
  local high, places, ask, fields = idLow * 2, {}, {}, {}
  for i = 1, #hashes do
    local place = hashes[i] % high
    if place >= idMany then place = hashes[i] % idLow end
    places[i] = place
    if not idBuckets[place] then
      idBuckets[place] = ''
      ask[#ask + 1] = place
      fields[#fields + 1] = struct.pack('>I4', place)
    end
  end
  local texts = hmget(K.ids, fields)
  for i = 1, #ask do idBuckets[ask[i]] = texts[i] or '' end
  return places
end

-- The numbers in a bucket that have this tag.
local function likeIn(bucket, tag)
  local like, at = {}, string.find(bucket, tag, 1, true)
  while at do
    if at % 9 == 1 then like[#like + 1] = string.sub(bucket, at + 4, at + 8) end
    at = string.find(bucket, tag, at + 1, true)
  end
  return like
end

-- For each id the numbers of the jobs that may have it.
local function idsLike(ids)
  local hashes, found = {}, {}
  for i = 1, #ids do hashes[i] = idHash(ids[i]) end
  local places = bucketsOf(hashes)
  for i = 1, #ids do found[i] = likeIn(idBuckets[places[i]], struct.pack('>I4', hashes[i])) end
  return found
end

local function addTo(place, entry)
  idBuckets[place] = idBuckets[place] .. entry
  idDirty[place] = true
end

local function putId(id, n)
  local hash = idHash(id)
  addTo(bucketsOf({ hash })[1], struct.pack('>I4', hash) .. n)
  idsChanged = idsChanged + 1
end

local function dropId(id, n)
  local hash = idHash(id)
  local place = bucketsOf({ hash })[1]
  local bucket, entry = idBuckets[place], struct.pack('>I4', hash) .. n
  local at = string.find(bucket, entry, 1, true)
  while at and at % 9 ~= 1 do at = string.find(bucket, entry, at + 1, true) end
  if not at then return end
  idBuckets[place] = string.sub(bucket, 1, at - 1) .. string.sub(bucket, at + 9)
  idDirty[place] = true
  idsChanged = idsChanged - 1
end

-- Divides the bucket whose turn it is with a new one.
local function splitBucket()
  local from, high = idMany - idLow, idLow * 2
  -- Of a hash that is this much, the bucket is this one.
  bucketsOf({ from })
  local stay, go, bucket = {}, {}, idBuckets[from]
  for at = 1, #bucket, 9 do
    local to = struct.unpack('>I4', bucket, at) % high == from and stay or go
    to[#to + 1] = string.sub(bucket, at, at + 8)
  end
  idBuckets[from], idBuckets[idMany] = table.concat(stay), table.concat(go)
  idDirty[from], idDirty[idMany] = true, true
  growIds(idMany + 1)
end

local function writeIds()
  if not next(idDirty) then return end
  local count = redis.call('HINCRBY', K.meta, 'idCount', idsChanged)
  idsChanged = 0
  local before = idMany
  while count > idMany * bucketJobs do splitBucket() end
  if idMany > before then redis.call('HSET', K.meta, 'idBuckets', idMany) end
  local there, gone = {}, {}
  for place in pairs(idDirty) do
    local field, bucket = struct.pack('>I4', place), idBuckets[place]
    if bucket == '' then
      gone[#gone + 1] = field
    else
      there[#there + 1] = field
      there[#there + 1] = bucket
    end
  end
  send('HSET', K.ids, there)
  send('HDEL', K.ids, gone)
  idDirty = {}
end
