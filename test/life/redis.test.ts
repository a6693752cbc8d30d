// What becomes of a store on Redis when its server is wrong, away, frozen or full.
import { createClient } from '@redis/client'
import { Cluster, Redis } from 'ioredis'
import { legwork, StoreError, task, unchecked } from 'legwork'
import { redis, type RedisOptions } from 'legwork/redis'
import type { Store } from 'legwork/store'
import { makeNodeRedis, type NodeRedis, nodeRedisPort } from '../../src/stores/redis/clients/node-redis.ts'
import { codedError } from '../../src/stores/redis/faults.ts'
import { afterAll, afterEach, expect, test } from 'vitest'
import { freePort } from '../fixtures/free-port.mjs'
import { type RedisServer, sharedRedis, startRedis } from '../fixtures/redis-server.mjs'

const ending: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ending.splice(0).reverse()) await end()
})
afterAll(async () => (await sharedRedis()).stop())

async function server(config: readonly string[] = [], password?: string): Promise<RedisServer> {
  const started = await startRedis({ config, ...(password !== undefined && { password }) })
  ending.push(() => started.stop())
  return started
}

async function opened(options: RedisOptions): Promise<Store> {
  const store = redis(options)
  ending.push(() => store.close())
  await store.open()
  return store
}

/** The error of an open that is refused. */
async function refused(options: RedisOptions | string): Promise<StoreError> {
  const store = redis(options)
  const error = await store.open().then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  await store.close()
  expect(error).toBeInstanceOf(StoreError)
  return error as StoreError
}

const job = (id: string, payload = '1') => ({
  ...{ id, task: 't', queue: 'q', payload, version: 1, priority: 5, maxAttempts: 3, tags: [] },
  retain: { completed: 60_000, cancelled: 60_000, dead: null },
})

test('a wrong password, an unknown host and a port where nobody is are told apart', async () => {
  const { port } = await server([], 'secret')
  expect(await refused(`redis://:nope@127.0.0.1:${port}`)).toMatchObject({ code: 'LW1018' })
  expect(await refused(`redis://127.0.0.1:${port}`)).toMatchObject({ code: 'LW1018' })
  expect((await refused(`redis://:hush@127.0.0.1:${port}`)).message).not.toContain('hush')
  const nobody = await refused(`redis://127.0.0.1:${await freePort()}`)
  expect(nobody).toMatchObject({ code: 'LW1017' })
  expect(nobody.message).toContain('ECONNREFUSED')
  expect((await refused('redis://no.such.host.invalid')).message).toMatch(/LW1017 .*no\.such\.host\.invalid/)
})

test('a stock server is refused with the lines to add, and opened by whoever accepts loss', async () => {
  const { url } = await server(['--appendonly', 'no'])
  const error = await refused(url)
  expect(error.message).toMatch(/^LW1012 [\s\S]*\n {2}appendonly yes\n {2}appendfsync everysec\n/)
  const report = await (await opened({ url, acceptDataLoss: true })).open()
  expect(report.level).toBe('volatile')
})

test('a server that may evict jobs is refused; one that syncs always is power-safe', async () => {
  const evicting = await server(['--maxmemory', '50mb', '--maxmemory-policy', 'allkeys-lru'])
  expect((await refused(evicting.url)).message).toMatch(/^LW1012 [\s\S]*maxmemory-policy noeviction/)
  const { url } = await server(['--appendfsync', 'always'])
  expect((await (await opened({ url })).open()).level).toBe('power-safe')
  expect((await (await opened({ url: (await sharedRedis()).url })).open()).level).toBe('process-safe')
})

test('a replica and a node of a cluster are refused', async () => {
  const primary = await sharedRedis()
  const replica = await server(['--replicaof', '127.0.0.1', String(primary.port)])
  expect(await refused(replica.url)).toMatchObject({ code: 'LW1021' })
  const node = await server(['--cluster-enabled', 'yes'])
  const error = await refused(node.url)
  expect(error).toMatchObject({ code: 'LW1022' })
  expect(error.message).toContain('?cluster=true')
})

test('other data under the prefix is left alone, and a newer store is not opened', async () => {
  const { url } = await sharedRedis()
  const own = new Redis(url)
  ending.push(() => own.disconnect())
  await own.set('{theirs:0}:hot', 'mine')
  expect(await refused({ url, prefix: 'theirs' })).toMatchObject({ code: 'LW1003' })
  expect(await own.get('{theirs:0}:hot')).toBe('mine')
  await own.hset('{future:0}:meta', 'schema', '99')
  expect(await refused({ url, prefix: 'future' })).toMatchObject({ code: 'LW1010' })
  expect(await refused({ url, prefix: 'nothing', migrate: 'never' })).toMatchObject({ code: 'LW1011' })
})

test('a database that is not there is refused, by each client, and no job lands in another one', async () => {
  const { port } = await server()
  const url = `redis://127.0.0.1:${port}`
  expect(await refused(`${url}/99`)).toMatchObject({
    code: 'LW1002',
    message: expect.stringMatching(/no database of that number/),
  })
  const own = new Redis(url)
  ending.push(() => own.disconnect())
  expect(await own.dbsize()).toBe(0)
  await (await opened({ url: `${url}/3` })).open()
  expect(await own.dbsize()).toBe(0)
  await own.select(3)
  expect(await own.dbsize()).toBeGreaterThan(0)
})

test('a URL that calls a single server a cluster is told so', async () => {
  const { url } = await sharedRedis()
  expect(await refused(`${url}?cluster=true`)).toMatchObject({
    code: 'LW1022',
    message: expect.stringMatching(/is no cluster\. Leave out \?cluster=true/),
  })
})

test('a server that is full lets workers start, log and settle, and takes no new job', async () => {
  const { url } = await server()
  const own = new Redis(url)
  ending.push(() => own.disconnect())
  const log = { debug() {}, info() {}, warn() {}, error() {} }
  const chat = task('chat', { input: unchecked<number>(), output: unchecked<number>() })
  const producer = legwork({ store: url, log })
  ending.push(() => producer.stop())
  const job = await producer.enqueue(chat, 1)
  await own.config('SET', 'maxmemory', '1mb')
  await expect(producer.enqueue(chat, 2)).rejects.toMatchObject({ code: 'LW1004' })
  const worker = legwork({ store: url, log }).handle(chat, ({ input, log: said }) => {
    said.info('said while full')
    return input + 1
  })
  ending.push(() => worker.stop())
  await worker.start()
  expect(await job.result({ timeout: '20s' })).toBe(2)
  const memory = async () =>
    (await (await opened({ url })).open()).findings.find(({ about }) => about === 'memory')
  expect(await memory()).toMatchObject({ verdict: 'bad', note: expect.stringMatching(/full.*LW1004/) })
  await own.config('SET', 'maxmemory', '0')
  expect(await memory()).toMatchObject({ verdict: 'good', value: expect.stringMatching(/no maxmemory/) })
  expect(await producer.run(chat, 2, { timeout: '20s' })).toBe(3)
})

test('missing rights are named', async () => {
  const { port } = await server()
  const own = new Redis(port)
  ending.push(() => own.disconnect())
  await own.call('ACL', 'SETUSER', 'bob', 'on', '>pw', '~other:*', '+@all')
  expect((await refused(`redis://bob:pw@127.0.0.1:${port}`)).message).toMatch(/^LW1019 .*acl setuser/)
  await own.call('ACL', 'SETUSER', 'eve', ...'on >pw ~{legwork:* &{legwork:*'.split(' '))
  await own.call(
    'ACL',
    'SETUSER',
    'eve',
    ...'+@read +@write +@scripting +@connection +@pubsub +info'.split(' '),
  )
  expect((await (await opened({ url: `redis://eve:pw@127.0.0.1:${port}` })).open()).level).toBe(
    'process-safe',
  )
})

test('an option that makes no sense is refused before anything is connected', () => {
  const wrong: readonly unknown[] = [
    'http://localhost',
    'redis://',
    { url: 5 },
    { url: 'redis://h', prefix: 'a{b}' },
    { url: 'redis://h', prefx: 'a' },
    'redis://h?prefx=a',
    'redis://h?keyPrefix=a',
    'redis://h/shop',
    'redis://h/0/1',
    { client: {} },
    { url: 'redis://h', migrate: 'no' },
    // What it puts before the keys that it knows it leaves out before others.
    { client: new Redis({ lazyConnect: true, keyPrefix: 'mine:' }) },
    { client: new Cluster([{ host: 'h' }], { lazyConnect: true, redisOptions: { keyPrefix: 'mine:' } }) },
  ]
  for (const [i, options] of wrong.entries())
    expect(() => redis(options as RedisOptions), `option ${i}`).toThrow('LW1201')
})

/** Clients of a caller's own, of either library. */
async function ownClients() {
  const { url } = await sharedRedis()
  const io = new Redis(url)
  const node = createClient({ url })
  ending.push(
    () => io.disconnect(),
    () => node.destroy(),
  )
  return { io, node }
}

test('clients of the caller’s own, of either library, are used and stay open', async () => {
  const { io, node } = await ownClients()
  const one = await opened({ client: io, prefix: 'shared' })
  const two = await opened({ client: node, prefix: 'shared' })
  await one.enqueue([job('a')])
  expect((await two.get(['a']))[0]?.state).toBe('ready')
  // A doorbell of the other one's enqueue.
  const heard = new Promise<void>((resolve) => two.listen(resolve))
  const again = setInterval(() => void one.enqueue([job(`b${Math.random()}`)]), 50)
  await heard
  clearInterval(again)
  await one.close()
  await two.close()
  expect(await io.ping()).toBe('PONG')
  expect(await node.ping()).toBe('PONG')
})

test('ids of any length and letters come back whole from a claim, with their payloads', async () => {
  const { url } = await sharedRedis()
  const store = await opened({ url, prefix: 'letters' })
  const about = { host: 'h', pid: 1, version: '1', queues: ['q'], tasks: ['t'], concurrency: 9 }
  await store.beat({ worker: 'w', ttlMs: 60_000, about })
  // 26 bytes, as many as a minted one has; the longest that stand before their payload, and those that do not.
  const ids = [
    'a',
    'é'.repeat(13),
    '日本語',
    '😀'.repeat(20),
    'y'.repeat(127),
    'z'.repeat(128),
    'ü'.repeat(100),
    'b',
  ]
  const payloads = ['1', '"ä"', JSON.stringify('😀'.repeat(900))] as const
  const jobs = ids.map((id, i) => job(id, payloads[(i % 3) as 0 | 1 | 2]))
  await store.enqueue(jobs)
  const { jobs: some } = await store.claim({ ...{ worker: 'w', call: 1, received: 0, limit: 5 }, queues })
  const { jobs: others } = await store.claim({ ...{ worker: 'w', call: 2, received: 1, limit: 9 }, queues })
  const claimed = [...some, ...others]
  expect(claimed.map(({ id, payload }) => ({ id, payload }))).toEqual(
    jobs.map(({ id, payload }) => ({ id, payload })),
  )
  // Delivered once more, by the long way.
  const again = await store.claim({ ...{ worker: 'w', call: 3, received: 0, limit: 9 }, queues })
  expect(again.jobs.map(({ id, payload }) => ({ id, payload }))).toEqual(
    jobs.map(({ id, payload }) => ({ id, payload })),
  )
  const ends = claimed.map(({ id, fence }) => ({ id, fence, move: 'complete' as const }))
  expect(await store.settle('w', ends)).toEqual(ends.map(() => 'applied'))
  expect(await store.settle('w', ends.toReversed())).toEqual(ends.map(() => 'applied'))
})
const queues = [{ name: 'q', limit: 9 }]

test('a completion that comes too late, of a job that is kept for another time, spoils none of those beside it', async () => {
  const { url } = await sharedRedis()
  const store = await opened({ url, prefix: 'late' })
  await store.beat({ worker: 'w', ttlMs: 60_000, about: aboutWorker })
  const short = { ...job('short'), retain: { completed: 1, cancelled: 1, dead: null } }
  await store.enqueue([job('long'), short])
  const first = await store.claim({ ...{ worker: 'w', call: 1, received: 0, limit: 9 }, queues })
  const ends = first.jobs.map(({ id, fence }) => ({ id, fence, move: 'complete' as const }))
  // Its answer is lost; a person has the job run once more; then it is sent again, with another.
  await store.settle('w', ends.slice(0, 1))
  await store.act({ verb: 'retry', ids: ['long'], by: 'ada' })
  await store.claim({ ...{ worker: 'w', call: 2, received: 1, limit: 9 }, queues })
  expect(await store.settle('w', ends)).toEqual(['applied', 'applied'])
  expect((await store.counts())[0]?.states).toMatchObject({ running: 1, completed: 1 })
  await new Promise((resolve) => setTimeout(resolve, 20))
  await store.tend(100)
  expect((await store.get(['long', 'short'])).map((one) => one?.state)).toEqual(['running', undefined])
})

test('stores that are opened on one client again and again, in vain too, leave nothing on it', async () => {
  const { io, node } = await ownClients()
  for (const client of [io, node]) {
    const names = () => client.eventNames().map((name) => [name, client.listenerCount(name)])
    await opened({ client, prefix: 'many' }).then((store) => store.close())
    const before = names()
    for (let n = 0; n < 3; n++) {
      const store = await opened({ client, prefix: 'many', partitions: 1 })
      store.listen(() => {})()
      await store.close()
      expect((await refused({ client, prefix: 'none', migrate: 'never' })).code).toBe('LW1011')
    }
    expect(names()).toEqual(before)
  }
})

test('when memory is full new jobs are refused, and workers go on', async () => {
  const { url, port } = await server(['--maxmemory', '12mb'])
  const store = await opened({ url })
  await store.beat({ worker: 'w', ttlMs: 60_000, about: aboutWorker })
  await store.enqueue(Array.from({ length: 20 }, (_, i) => job(`early${i}`)))
  const filler = new Redis(port)
  ending.push(() => filler.disconnect())
  for (const size of [100_000, 10_000, 1_000, 100]) await expect(fill(filler, size)).rejects.toThrow('OOM')
  await expect(store.enqueue([job('late')])).rejects.toMatchObject({ code: 'LW1004' })
  const ask = { worker: 'w', call: 1, received: 0, limit: 20, queues: [{ name: 'q', limit: 20 }] }
  const { jobs } = await store.claim(ask)
  expect(jobs).toHaveLength(20)
  const settled = await store.settle(
    'w',
    jobs.map(({ id, fence }) => ({ id, fence, move: 'complete' })),
  )
  expect(new Set(settled)).toEqual(new Set(['applied']))
  expect(await store.get(['late'])).toEqual([undefined])
  await filler.flushall()
})

const aboutWorker = { host: 'h', pid: 1, version: '1', queues: ['q'], tasks: ['t'], concurrency: 1 }

async function fill(client: Redis, size: number): Promise<void> {
  for (let i = 0; i < 1_000; i++) await client.set(`filler:${size}:${i}`, 'x'.repeat(size))
}

test('a server that dies and comes back loses no job, and the process goes on by itself', async () => {
  const first = await startRedis()
  const { port, folder } = first
  const hello = task('hello', { input: unchecked<number>(), retry: { attempts: 20 } })
  const errors: string[] = []
  const tell = (data: object) => void errors.push(JSON.stringify(data))
  const log = { debug() {}, info() {}, warn() {}, error: tell }
  const app = legwork({ store: redis(first.url), log })
  const done = new Set<number>()
  app.handle(hello, ({ input }) => void done.add(input))
  await app.start()
  ending.push(() => app.stop({ grace: 0 }))
  const ids = Array.from({ length: 40 }, (_, i) => i)
  await app.enqueueMany(hello, ids.slice(0, 20))
  await until(() => done.size === 20)
  await app.enqueueMany(hello, ids.slice(20), { delay: '1s' })
  await first.stop({ keep: true })
  await expect(app.enqueue(hello, 99, { id: 'while-away' })).rejects.toThrow(/LW1017|LW1005/)
  await until(() => errors.length > 0)
  const second = await startRedis({ port, folder })
  ending.push(() => second.stop())
  const backAt = Date.now()
  await until(() => done.size === 40)
  expect(Date.now() - backAt).toBeLessThan(4_000)
  await app.enqueue(hello, 100)
  await until(() => done.has(100))
  await app.stop()
})

test('a client of the other library that the store makes fails soon, and comes back by itself', async () => {
  const first = await startRedis()
  const { url, port, folder } = first
  const made = await makeNodeRedis({ url, cluster: false, callTimeoutMs: 500 })
  const own = nodeRedisPort(made as NodeRedis, 500)
  ending.push(() => own.close())
  await own.connect()
  await first.stop({ keep: true })
  const error = await own.call('PING').then(String, (thrown: unknown) => codedError(thrown, 'ping'))
  expect(error).toMatchObject({ code: 'LW1017' })
  const second = await startRedis({ port, folder })
  ending.push(() => second.stop())
  await until(async () => (await own.call('PING').catch(() => 'away')) === 'PONG')
  second.signal('SIGSTOP')
  await expect(own.call('PING')).rejects.toThrow('Command timed out')
  second.signal('SIGCONT')
})

test('a client of the other library that is dialling anew ends with its store', async () => {
  const primary = await server()
  const replica = await server(['--replicaof', '127.0.0.1', String(primary.port)])
  const client = (await makeNodeRedis({ url: replica.url, cluster: false, callTimeoutMs: 500 })) as NodeRedis
  const port = nodeRedisPort(client, 500)
  await port.connect()
  // It is refused there, and so the server is asked for anew.
  await expect(port.call('SET', 'a', '1')).rejects.toThrow('READONLY')
  await port.close()
  await new Promise((resolve) => setTimeout(resolve, 100))
  expect(client.isOpen).toBe(false)
})

test('a frozen server fails calls and does not hang them for ever', async () => {
  const { url, signal } = await server()
  const store = await opened({ url, callTimeoutMs: 500 })
  signal('SIGSTOP')
  await expect(store.enqueue([job('a')])).rejects.toMatchObject({ code: 'LW1017' })
  signal('SIGCONT')
  await until(async () => (await store.get(['a']).catch(() => [])).length === 1)
})

async function until(done: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 20_000; Date.now() < end; ) {
    if (await done()) return
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  throw new Error('it did not come about within 20 s')
}

test('with acknowledge a change waits for a replica, and fails while there is none; what was made is found again', async () => {
  const primary = await server()
  for (const options of [{ acknowledge: { replicas: -1 } }, { acknowledge: { replica: 1 } as object }])
    expect(() => redis({ url: primary.url, ...options })).toThrow('LW1201')
  const waiting = { acknowledge: { replicas: 1, timeoutMs: 300 } }
  const alone = redis({ url: primary.url, ...waiting })
  ending.push(() => alone.close())
  const { findings } = await alone.open()
  expect(findings.find(({ about }) => about === 'acknowledge')).toMatchObject({ verdict: 'bad' })
  await expect(alone.enqueue([job('one')])).rejects.toThrow(/^LW1034 .* 0 of 1 replicas have it/)
  // A policy that a failover forgets, and a payload that was sealed with a key that is gone.
  const policy = { to: { completed: { count: 10 } }, by: 'ada' } as const
  await expect(alone.retention.set(policy)).rejects.toThrow('LW1034')
  await expect(alone.payloads.replace([{ id: 'one', was: '1', now: '2' }])).rejects.toThrow('LW1034')
  // A name that a failover forgets would let one id be two jobs.
  await expect(alone.names?.take([{ name: 'job one', value: '0' }])).rejects.toThrow('LW1034')
  expect((await alone.get(['one']))[0]?.state).toBe('ready')

  const replica = await server(['--replicaof', '127.0.0.1', String(primary.port)])
  const look = new Redis(replica.port)
  ending.push(() => look.disconnect())
  const isUp = async () => (await look.info('replication')).includes('master_link_status:up')
  for (const end = Date.now() + 20_000; !(await isUp()) && Date.now() < end; )
    await new Promise((resolve) => setTimeout(resolve, 30))
  expect((await alone.enqueue([job('one')]))[0]?.outcome).toBe('duplicate')

  // Both libraries, and by URL: what was answered is on the replica when its answer comes.
  const client = createClient({ url: primary.url })
  ending.push(() => client.destroy())
  const ways: readonly RedisOptions[] = [
    { url: `${primary.url}?replicas=1`, prefix: 'a' },
    { client, prefix: 'b', ...waiting },
  ]
  for (const options of ways) {
    const store = await opened(options)
    for (let n = 0; n < 50; n++) {
      await store.enqueue([job(`job-${n}`)])
      expect(await look.hexists(`{${options.prefix}:0}:own`, `job-${n}`)).toBe(1)
    }
  }
  // A frozen replica confirms nothing.
  replica.signal('SIGSTOP')
  await expect(alone.enqueue([job('two')])).rejects.toThrow('LW1034')
  // Nor does a connection that was made after the change: the server counts for each what it wrote itself.
  const near = new Redis(primary.port)
  ending.push(() => near.disconnect())
  const cut = alone.enqueue([job('three')]).catch((error: unknown) => error)
  while ((await near.hexists('{legwork:0}:own', 'three')) === 0);
  await near.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes')
  expect(await cut).toMatchObject({ code: 'LW1034', message: expect.stringContaining('connection was lost') })
  replica.signal('SIGCONT')
  expect((await alone.enqueue([job('two')]))[0]?.outcome).toBe('duplicate')
})

test('a server that cannot wait for its disk is refused where that is asked for', async () => {
  const { url } = await sharedRedis()
  const look = new Redis(url)
  const version = /redis_version:(\d+)\.(\d+)/.exec(await look.info('server'))
  look.disconnect()
  const knows = Number(version?.[1]) * 100 + Number(version?.[2]) >= 702
  const options = { url, prefix: 'disk', acknowledge: { fsync: true } }
  if (!knows)
    expect((await refused(options)).message).toMatch(/^LW1035 .* is Redis 7\.[01]\S*, and .* WAITAOF/)
  else {
    const store = await opened(options)
    expect((await store.open()).level).toBe('power-safe')
    expect((await store.enqueue([job('one')]))[0]?.outcome).toBe('created')
  }
})
