// What the engine could do: scripts that write what Legwork writes for a job that completes at its first attempt, under the same keys,
// as many bytes in as many fields and members, in batches of the size that Legwork uses, with no queue around it.
// test/life/cost-redis.test.ts checks that they are the same.
import { Redis } from 'ioredis'
import { setTimeout as wait } from 'node:timers/promises'
import { redisDurability } from './redis-durability.mjs'
import { sharing } from './sharing.mjs'

/** As many as a worker of Legwork claims ahead at most. */
const claimBatch = 1_000
const keys = ['meta', 'hot', 'ids', 'ready', 'run', 'ends', 'keep', 'counts', 'spans'].map(
  (key) => `{raw:0}:${key}`,
)

/** Begins each script: entries go into members of 64, and lists into commands of a thousand. */
const shared = `
local function send(command, key, args)
  for at = 1, #args, 2000 do redis.call(command, key, unpack(args, at, math.min(#args, at + 1999))) end
end
local function shelve(key, prefix, entries)
  local args = {}
  for at = 1, #entries, 64 do
    args[#args + 1] = 0
    args[#args + 1] = prefix .. table.concat(entries, '', at, math.min(#entries, at + 63))
  end
  send('ZADD', key, args)
end
local function move(from, to, many)
  for _, key in ipairs({ KEYS[8], KEYS[9] }) do
    if from then redis.call('HINCRBY', key, from, -many) end
    redis.call('HINCRBY', key, to, many)
  end
end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
`

/** ARGV: id and payload of each. */
const enqueueScript = `${shared}
local many = #ARGV / 2
local first = redis.call('HINCRBY', KEYS[1], 'seq', many) - many
local hot, ids, ready = {}, {}, {}
local head, place = struct.pack('>BBBI3I4d', 3, 44, 5, 1, 10, now), struct.pack('>I6', now)
for i = 1, many do
  local n = struct.pack('>I5', first + i)
  hot[i * 2 - 1], hot[i * 2] = n, head .. struct.pack('>I2', #ARGV[i * 2 - 1]) .. ARGV[i * 2 - 1] .. ARGV[i * 2]
  ready[i] = place .. n
  ids[i] = string.sub(ARGV[i * 2 - 1], 4, 13) .. 'ab' .. n
end
send('HSET', KEYS[2], hot)
shelve(KEYS[3], '', ids)
shelve(KEYS[4], 'lane', ready)
move(nil, 'ready', many)`

/** ARGV: how many to claim, how many are settled. Those are the ones of the last call. Answers id and payload of each. */
const exchangeScript = `${shared}
local want, settled = tonumber(ARGV[1]), tonumber(ARGV[2])
if settled > 0 then
  local members, numbers = redis.call('ZRANGE', KEYS[5], 0, math.ceil(settled / 64) - 1), {}
  send('ZREM', KEYS[5], members)
  for _, member in ipairs(members) do
    for at = 12, #member, 5 do numbers[#numbers + 1] = string.sub(member, at, at + 4) end
  end
  local first, place = redis.call('HINCRBY', KEYS[1], 'ending', settled) - settled, struct.pack('>I6', now + 86400000)
  local hot, ends, keep = {}, {}, {}
  local tail = struct.pack('>dd', now, now + 86400000)
  local ending = struct.pack('>BBI4I4I5dd', 0, 1, 1, 1, 1, now, now)
  for from = 1, #numbers, 1000 do
    local some = { unpack(numbers, from, math.min(#numbers, from + 999)) }
    for i, raw in ipairs(redis.call('HMGET', KEYS[2], unpack(some))) do
      local at, n, e = from + i - 1, some[i], struct.pack('>I5', first + from + i - 1)
      hot[at * 2 - 1], hot[at * 2] = n, string.sub(raw, 1, 45) .. e .. tail .. string.sub(raw, 51)
      ends[at * 2 - 1], ends[at * 2] = e, ending .. n .. '\\0\\0\\0\\0\\0complete:2:1vzfk1v'
      keep[at] = place .. n
    end
  end
  send('HSET', KEYS[2], hot)
  send('HSET', KEYS[6], ends)
  shelve(KEYS[7], '', keep)
  move('running', 'completed', settled)
end
local members, numbers, rows, hot = {}, {}, {}, {}
if want > 0 then members = redis.call('ZRANGE', KEYS[4], 0, math.ceil(want / 64) - 1) end
if #members == 0 then return rows end
send('ZREM', KEYS[4], members)
for _, member in ipairs(members) do
  for at = 5, #member, 11 do numbers[#numbers + 1] = string.sub(member, at + 6, at + 10) end
end
local part = struct.pack('>I4I4I5I6d', 1, 1, 1, 1, now) .. '\\0\\0\\0\\0\\0'
for from = 1, #numbers, 1000 do
  local some = { unpack(numbers, from, math.min(#numbers, from + 999)) }
  for i, raw in ipairs(redis.call('HMGET', KEYS[2], unpack(some))) do
    local at, size = (from + i - 2) * 2, struct.unpack('>I2', raw, 19)
    hot[at + 1], hot[at + 2] = some[i], string.sub(raw, 1, 18) .. part .. string.sub(raw, 19)
    rows[at + 1], rows[at + 2] = string.sub(raw, 21, 20 + size), string.sub(raw, 21 + size)
  end
end
send('HSET', KEYS[2], hot)
shelve(KEYS[5], 'worker-call', numbers)
move('ready', 'running', #numbers)
return rows`

/** Puts what is claimed back in line. */
const releaseScript = `${shared}
local numbers, place = {}, struct.pack('>I6', now)
local members = redis.call('ZRANGE', KEYS[5], 0, -1)
for _, member in ipairs(members) do
  for at = 12, #member, 5 do numbers[#numbers + 1] = string.sub(member, at, at + 4) end
end
local hot, ready = {}, {}
for i, n in ipairs(numbers) do
  local raw = redis.call('HGET', KEYS[2], n)
  hot[i * 2 - 1], hot[i * 2] = n, string.sub(raw, 1, 18) .. string.sub(raw, 51)
  ready[i] = place .. n
end
send('ZREM', KEYS[5], members)
send('HSET', KEYS[2], hot)
shelve(KEYS[4], 'lane', ready)
move('running', 'ready', #numbers)`

export async function open({ url }) {
  const client = new Redis(url)
  client.defineCommand('rawEnqueue', { numberOfKeys: keys.length, lua: enqueueScript })
  client.defineCommand('rawExchange', { numberOfKeys: keys.length, lua: exchangeScript })
  client.defineCommand('rawRelease', { numberOfKeys: keys.length, lua: releaseScript })
  const enqueueMany = (list) => {
    const now = Date.now()
    return client.rawEnqueue(...keys, ...list.flatMap((data) => [newId(now), JSON.stringify(data)]))
  }
  return {
    durability: () => redisDurability(client),
    enqueue: sharing(enqueueMany),
    enqueueMany,
    startWorker: async ({ onJob }) => startWorker(client, onJob),
    claimer: async () => ({
      // It takes whole members, so some more than it is asked for.
      claim: async (limit) => Math.min(limit, (await client.rawExchange(...keys, limit, 0)).length / 2),
      release: () => client.rawRelease(...keys),
    }),
    close: async () => client.disconnect(),
  }
}

/** The server works on the next batch while this one runs. */
function startWorker(client, onJob) {
  let isOver = false
  const run = async (rows) => {
    const running = []
    for (let i = 1; i < rows.length; i += 2) running.push(onJob(JSON.parse(rows[i])))
    await Promise.all(running)
    return running.length
  }
  const working = (async () => {
    let rows = []
    let done = 0
    while (!isOver || rows.length > 0 || done > 0) {
      const next = client.rawExchange(...keys, isOver ? 0 : claimBatch, done)
      done = await run(rows)
      rows = await next
      if (rows.length === 0 && done === 0) await wait(1)
    }
  })()
  working.catch((error) => console.error(error))
  return {
    async stop() {
      isOver = true
      await working
    },
  }
}

/** As long as Legwork's, and rising with time as they do. */
const newId = (now) =>
  now.toString(32).padStart(10, '0') +
  (minted++ % 32 ** 6).toString(32).padStart(6, '0') +
  Math.random().toString(32).slice(2, 12).padEnd(10, '0')
let minted = 0

export async function probe({ client }) {
  const count = async (state) => Number((await client.hget('{raw:0}:counts', state)) ?? 0)
  const completed = () => count('completed')
  return {
    isDrained: async () => (await count('ready')) + (await count('running')) === 0,
    counted: completed,
    settled: completed,
    close: async () => {},
  }
}
