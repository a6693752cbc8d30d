// What a call costs does not grow with what waits: counted in commands of the server and in the bytes that they touch.
import { Redis } from 'ioredis'
import { redis } from 'legwork/redis'
import type { Claimed, Store } from 'legwork/store'
import { afterAll, expect, test } from 'vitest'
import { open as openLegwork } from '../../bench/systems/legwork.mjs'
import { open as openRaw } from '../../bench/systems/raw-redis.mjs'
import { idSource } from '../../src/job/id.ts'
import { startRedis } from '../fixtures/redis-server.mjs'

// While a child of the server rewrites its file, hashes grow by other rules.
const server = await startRedis({ config: ['--auto-aof-rewrite-percentage', '0'] })
const admin = new Redis(server.url)
afterAll(async () => {
  admin.disconnect()
  await server.stop()
})

const newId = idSource({ now: Date.now, random: Math.random })
const plain = (id: string, delayMs?: number) => ({
  ...{ id, task: 't', queue: 'q', payload: '{"a":1}', version: 1, priority: 5, maxAttempts: 3, tags: [] },
  retain: { completed: 3_600_000, cancelled: 3_600_000, dead: null },
  ...(delayMs !== undefined && { delayMs }),
})

/** What one call does inside the server: its commands, and how many words they have in all. */
async function spentBy(call: () => Promise<unknown>) {
  const monitor = await admin.duplicate().monitor()
  const commands: string[] = []
  const endless: (readonly string[])[] = []
  let words = 0
  const over = new Promise<void>((resolve) =>
    monitor.on('monitor', (_time: string, args: readonly string[], source: string) => {
      if (args[0]?.toLowerCase() === 'echo') return resolve()
      if (source !== 'lua') return
      commands.push(args[0]?.toUpperCase() ?? '')
      words += args.length
      if (/^Z(REV)?RANGEBY/i.test(args[0] ?? '') && !args.some((arg) => /^limit$/i.test(arg)))
        endless.push(args)
    }),
  )
  await call()
  await admin.echo('over')
  await over
  monitor.disconnect()
  expect(endless, 'walks without an end').toEqual([])
  return { commands, words }
}

/** Commands whose time does not grow with what the key holds, or by its logarithm, besides what they answer. */
const bounded = new Set([
  ...['HGET', 'HMGET', 'HSET', 'HDEL', 'HINCRBY', 'HEXISTS', 'TIME', 'PUBLISH', 'TYPE', 'EXISTS'],
  ...['ZADD', 'ZREM', 'ZSCORE', 'ZRANGE', 'ZREVRANGE', 'ZRANGEBYLEX', 'ZREVRANGEBYLEX', 'ZRANGEBYSCORE'],
  // Of the counters, a field for each queue and state; of the groups, a page.
  ...['HGETALL', 'HSCAN', 'ZREMRANGEBYSCORE'],
])

async function fill(store: Store, from: number, to: number): Promise<void> {
  for (let i = from; i < to; i += 1_000) {
    const some = Array.from({ length: Math.min(1_000, to - i) }, () => plain(newId()))
    const later = Array.from({ length: some.length / 50 }, () => plain(newId(), 3_600_000))
    await store.enqueue([...some, ...later])
  }
}

test('a claim of 100, a settle, upkeep and a new job cost as much at 400,000 waiting jobs as at 1,000', async () => {
  const store = redis({ url: server.url, prefix: 'cost' })
  await store.open()
  const about = { host: 'h', pid: 1, version: '1', queues: ['q'], tasks: ['t'], concurrency: 1 }
  await store.beat({ worker: 'w', ttlMs: 600_000, about })
  let call = 0
  const claim = () => {
    const queues = [{ name: 'q', limit: 100 }]
    return store.claim({ worker: 'w', call: ++call, received: call - 1, limit: 100, queues })
  }
  const settle = ({ jobs }: Claimed) =>
    store.settle(
      'w',
      jobs.map(({ id, fence }) => ({ id, fence, move: 'complete' as const })),
    )
  const measure = async () => {
    // Scripts are known to the server from here on.
    await settle(await claim())
    await store.tend(100)
    await store.counts()
    let claimed: Claimed | undefined
    const claiming = await spentBy(async () => (claimed = await claim()))
    expect(claimed?.jobs).toHaveLength(100)
    return {
      claim: claiming,
      settle: await spentBy(() => settle(claimed as Claimed)),
      tend: await spentBy(() => store.tend(100)),
      counts: await spentBy(() => store.counts()),
      enqueue: await spentBy(() => store.enqueue([plain(newId())])),
      own: await spentBy(() => store.enqueue([plain(`mine-${call}`)])),
    }
  }
  await fill(store, 0, 1_000)
  const few = await measure()
  await fill(store, 1_000, 400_000)
  const many = await measure()
  for (const [verb, { commands, words }] of Object.entries(many)) {
    const before = few[verb as keyof typeof few]
    expect(commands.length, `commands of ${verb}`).toBeLessThanOrEqual(before.commands.length + 4)
    expect(words, `words of the commands of ${verb}`).toBeLessThanOrEqual(before.words * 1.1 + 40)
    for (const command of commands) expect(bounded, `a command of ${verb}`).toContain(command)
  }
  // One command for each key that is written, and not one for each job.
  expect(many.claim.commands.length).toBeLessThan(40)
  expect(many.settle.commands.length).toBeLessThan(30)
  expect(many.enqueue.commands.length).toBeLessThan(30)
  await store.close()
}, 120_000)

/** Ids of one millisecond that count up from a chance, as those of a monotonic ULID factory. */
const rising = (from: number) => (i: number) =>
  `01KA1B2C3DABCDEFGHJKMN${toCrockford(from + i).padStart(4, '0')}`
const toCrockford = (n: number) =>
  n
    .toString(32)
    .replace(/./g, (digit) => '0123456789ABCDEFGHJKMNPQRSTVWXYZ'[Number.parseInt(digit, 32)] ?? '')
/** The worst there is: all look alike where ids are looked for. */
const alike = (i: number) => `01KA1B2C3DXYZ0000000${String(i).padStart(4, '0')}XY`

test('ids of one’s own that look minted and much alike cost about what others do, and twins that look the same a load each', async () => {
  const store = redis({ url: server.url, prefix: 'alike' })
  await store.open()
  await store.enqueue([plain('first')])
  const add = (idOf: (i: number) => string, many = 1_000) => {
    const jobs = Array.from({ length: many }, (_, i) => plain(idOf(i)))
    return spentBy(() => store.enqueue(jobs))
  }
  const others = await add(() => newId())
  const first = await add(rising(0))
  expect(first.commands.length).toBeLessThanOrEqual(others.commands.length * 3)
  expect(first.words).toBeLessThanOrEqual(others.words * 3)
  // What they look like was there before, so each is looked for.
  const second = await add(rising(1_000))
  expect(second.commands.length).toBeLessThan(1_500)
  expect(second.words).toBeLessThan(1_000 * 12)
  const ids = Array.from({ length: 100 }, (_, i) => rising(0)(i))
  const found = await spentBy(() => store.get(ids))
  expect(found.words).toBeLessThan(100 * 20)
  for (const many of [500, 1_000]) expect((await add(alike, many)).words).toBeLessThan(others.words * 8)
  const twins = await spentBy(() => store.get(Array.from({ length: 1_000 }, (_, i) => alike(i))))
  expect(twins.words).toBeLessThan(1_000 * 20)
  expect(await store.get([alike(999), rising(1_000)(999)])).toMatchObject([
    { id: alike(999) },
    { id: rising(1_000)(999) },
  ])
  await store.close()
})

test('a waiting job takes at most 150 bytes besides its payload, and the raw baseline of the benchmark as many', async () => {
  const payload = { i: 1, t: 0, p: 'x'.repeat(80) }
  const bytes = JSON.stringify(payload).length
  const spent: Record<string, Record<string, number>> = {}
  for (const [name, open] of Object.entries({ legwork: openLegwork, raw: openRaw })) {
    const system = await open({ url: server.url })
    const inputs = Array.from({ length: 1_000 }, () => payload)
    for (let i = 0; i < 20; i++) await system.enqueueMany(inputs)
    const waiting = await memoryOf(`{${name}:0}:`)
    let ran = 0
    let tellAll = (): void => {}
    const all = new Promise<void>((resolve) => (tellAll = resolve))
    const onJob = async () => void (++ran === 20_000 && tellAll())
    const worker = await system.startWorker({ concurrency: 100, onJob })
    await all
    await worker.stop()
    await system.close()
    spent[name] = {
      waiting: waiting / 20_000 - bytes,
      finished: (await memoryOf(`{${name}:0}:`)) / 20_000 - bytes,
    }
  }
  expect(spent.legwork?.waiting).toBeLessThan(150)
  for (const when of ['waiting', 'finished']) {
    const ratio = (spent.raw?.[when] ?? 0) / (spent.legwork?.[when] ?? 1)
    expect(ratio, `${when}: ${JSON.stringify(spent)}`).toBeGreaterThan(0.9)
    expect(ratio, `${when}: ${JSON.stringify(spent)}`).toBeLessThan(1.1)
  }
})

/** Bytes of all keys that begin so. */
async function memoryOf(prefix: string): Promise<number> {
  const keys = await admin.keys(`${prefix}*`)
  const sizes = await Promise.all(keys.map((key) => admin.memory('USAGE', key, 'SAMPLES', 0)))
  return sizes.reduce((sum: number, size) => sum + Number(size), 0)
}
