// Connections that break before, inside and behind a reply, that fall silent, and that carry no notification: nothing is lost or
// doubled. The traffic goes through a proxy of ours.
import { type App, legwork, task, unchecked } from 'legwork'
import { postgres } from 'legwork/postgres'
import { redis } from 'legwork/redis'
import { createClient } from '@redis/client'
import { Redis } from 'ioredis'
import type { Store } from 'legwork/store'
import { type AddressInfo, connect as dialTo, createServer, type Socket } from 'node:net'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { connect } from '../../src/stores/postgres/connect.ts'
import { ioRedisPort, isIoRedis, makeIoRedis } from '../../src/stores/redis/clients/ioredis.ts'
import { makeNodeRedis, nodeRedisPort } from '../../src/stores/redis/clients/node-redis.ts'
import { startPostgres } from '../fixtures/postgres.mjs'
import { type Proxy, startProxy } from '../fixtures/proxy.mjs'
import { startRedis } from '../fixtures/redis-server.mjs'

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
const step = task('step', { input: unchecked<number>(), output: unchecked<number>(), retry: { attempts: 5 } })
const silent = { debug() {}, info() {}, warn() {}, error() {} }

/** What is to be closed at the end. */
type Closing = (() => unknown)[]

interface Engine {
  readonly protocol: 'redis' | 'postgres'
  start(): Promise<{ readonly port: number; stop(): Promise<void> }>
  /** Of one name all see the same jobs. */
  app(port: number, name: string, closing: Closing): App
}

const engines: Readonly<Record<string, Engine>> = {
  'Redis with ioredis': {
    protocol: 'redis',
    start: () => startRedis(),
    app: (port, name) =>
      legwork({ store: redis({ url: `redis://127.0.0.1:${port}`, prefix: name }), log: silent }),
  },
  'Redis with @redis/client': {
    protocol: 'redis',
    start: () => startRedis(),
    app(port, name, closing) {
      const client = createClient({ url: `redis://127.0.0.1:${port}` })
      closing.push(() => client.isOpen && client.destroy())
      return legwork({ store: redis({ client, prefix: name }), log: silent })
    },
  },
  'PostgreSQL with pg': {
    protocol: 'postgres',
    start: () => startPostgres(),
    app: (port, name) =>
      legwork({
        store: postgres({ url: `postgres://test@127.0.0.1:${port}/postgres`, schema: name, max: 3 }),
        log: silent,
      }),
  },
}

describe.concurrent.each(Object.keys(engines))('%s', (name) => {
  const engine = engines[name] as Engine
  const closing: Closing = []
  let server: Awaited<ReturnType<Engine['start']>>
  beforeAll(async () => {
    server = await engine.start()
  })
  afterAll(async () => {
    for (const close of closing.splice(0)) await close()
    await server.stop()
  })

  async function through(house: string): Promise<{ proxy: Proxy; app: () => App }> {
    const proxy = await startProxy(server.port, engine.protocol)
    closing.push(() => proxy.stop())
    return { proxy, app: () => engine.app(proxy.port, house, closing) }
  }

  test('connections cut before, in the middle of, in place of and behind replies: each job once, each attempt once', async () => {
    const { proxy, app } = await through('cuts')
    const [producer, worker] = [app(), app()]
    const runs = new Map<string, number>()
    worker.handle(step, ({ input, job, attempt }) => {
      runs.set(`${job.id} ${attempt}`, (runs.get(`${job.id} ${attempt}`) ?? 0) + 1)
      return input * 2
    })
    await worker.start({ concurrency: 20 })
    const kinds = ['lost', 'half', 'after'] as const
    const cuts: Record<string, number> = {}
    const seen = { call: 0, reply: 0 }
    proxy.meddle((_, what) => {
      const n = (seen[what] += 1)
      const kind =
        what === 'call' ? (n % 13 === 0 ? 'before' : undefined) : n % 11 === 0 ? kinds[n % 3] : undefined
      if (kind !== undefined) cuts[kind] = (cuts[kind] ?? 0) + 1
      return kind
    })
    const ids = Array.from({ length: 400 }, (_, i) => `job-${i}`)
    const queue = [...ids.entries()]
    await Promise.all(
      Array.from({ length: 8 }, async () => {
        for (let next = queue.shift(); next; next = queue.shift()) {
          const [i, id] = next
          await insist(() => producer.enqueue(step, i, { id }))
        }
      }),
    )
    await until(async () => (await states(producer)).completed === ids.length)
    proxy.meddle(undefined)
    expect(Object.keys(cuts).sort()).toEqual(['after', 'before', 'half', 'lost'])
    const store = await producer.store()
    for (const job of await insist(() => store.get(ids, { attempts: true }))) {
      expect(job).toMatchObject({ state: 'completed', attempt: 1, losses: 0, failures: 0 })
      expect(runs.get(`${job?.id} 1`)).toBe(1)
    }
    expect(runs.size).toBe(ids.length)
    expect(await states(producer)).toMatchObject({ completed: ids.length, ready: 0, running: 0 })
    await worker.stop()
    await producer.stop()
  })

  test('an enqueue whose reply was lost is a duplicate when it is repeated, one that never arrived is not', async () => {
    const { proxy, app } = await through('repeat')
    const producer = app()
    await producer.enqueue(step, 0, { id: 'first' })
    for (const kind of ['lost', 'half', 'before'] as const) {
      let left = 1
      proxy.meddle((_, what) => ((what === 'call') === (kind === 'before') && left-- > 0 ? kind : undefined))
      // Some clients repeat by themselves; then the answer is that of the repetition.
      await insist(() => producer.enqueue(step, 1, { id: kind }))
      expect(left, kind).toBeLessThanOrEqual(0)
      expect((await producer.enqueue(step, 1, { id: kind })).duplicate, kind).toBe(true)
    }
    expect((await states(producer)).ready).toBe(4)
    await producer.stop()
  })

  test('nothing passes for a second and a half: the same jobs go on, under the same lease', async () => {
    const { proxy, app } = await through('stall')
    const one = app()
    one.handle(step, async ({ input }) => {
      await wait(300)
      return input
    })
    await one.start({ lease: '6s', beat: '300ms' })
    const jobs = await one.enqueueMany(step, [1, 2, 3])
    await until(async () => (await states(one)).running === 3)
    const worker = one.workerId
    proxy.stall()
    await wait(1_500)
    proxy.flow()
    expect(await Promise.all(jobs.map((job) => job.result({ timeout: '10s' })))).toEqual([1, 2, 3])
    for (const job of jobs) expect(await job.status()).toMatchObject({ attempt: 1, losses: 0 })
    expect(one.workerId).toBe(worker)
    await one.stop()
  })

  test('no notification arrives: jobs are found by looking, delayed ones at their time', async () => {
    const { proxy, app } = await through('deaf')
    proxy.deafen()
    const [producer, worker] = [app(), app()]
    worker.handle(step, ({ input }) => input)
    await worker.start()
    expect(await producer.run(step, 1, { timeout: '10s' })).toBe(1)
    // Past the second in which a worker looks often.
    await wait(1_300)
    const from = Date.now()
    expect(await producer.run(step, 2, { timeout: '10s' })).toBe(2)
    expect(Date.now() - from).toBeLessThan(5_000)
    const late = await producer.enqueue(step, 3, { delay: '1s' })
    expect(await late.result({ timeout: '10s' })).toBe(3)
    const store = await producer.store()
    const [job] = await store.get([late.id], { attempts: true })
    expect((job?.attempts?.[0]?.startedAt ?? 0) - (job?.createdAt ?? Infinity)).toBeGreaterThanOrEqual(1_000)
    expect(proxy.dropped).toBeGreaterThan(0)
    await worker.stop()
    await producer.stop()
  })
})

describe('connections that fall silent for ever are given up for new ones, under the same lease', () => {
  const stores: Readonly<Record<string, [Engine, (port: number, closing: Closing) => Store]>> = {
    'Redis with ioredis': [
      engines['Redis with ioredis'] as Engine,
      (port) => redis({ url: `redis://127.0.0.1:${port}` }),
    ],
    'PostgreSQL with pg': [
      engines['PostgreSQL with pg'] as Engine,
      (port) => postgres({ url: `postgres://test@127.0.0.1:${port}/postgres`, callTimeoutMs: 1_500 }),
    ],
    'PostgreSQL with a pool of pg': [
      engines['PostgreSQL with pg'] as Engine,
      (port, closing) => {
        const pool = new pg.Pool({ connectionString: `postgres://test@127.0.0.1:${port}/postgres` })
        closing.push(() => pool.end())
        return postgres({ pool, callTimeoutMs: 1_500 })
      },
    ],
  }
  test.concurrent.each(Object.keys(stores))('%s', async (name) => {
    const [engine, make] = stores[name] as [Engine, (port: number, closing: Closing) => Store]
    const closing: Closing = []
    const server = await engine.start()
    const proxy = await startProxy(server.port, engine.protocol)
    const app = legwork({ store: make(proxy.port, closing), log: silent, enqueueTimeout: '20s' })
    app.handle(step, ({ input }) => input)
    await app.start()
    expect(await app.run(step, 1)).toBe(1)
    const worker = app.workerId
    proxy.strand()
    const from = Date.now()
    const job = await insist(() => app.enqueue(step, 2, { id: 'stranded' }))
    expect(await job.result({ timeout: '20s' })).toBe(2)
    expect(Date.now() - from).toBeLessThan(12_000)
    expect(app.workerId).toBe(worker)
    expect(await app.health()).toMatchObject({ status: 'ok' })
    proxy.strand()
    const stoppedAt = Date.now()
    await app.stop()
    expect(Date.now() - stoppedAt).toBeLessThan(12_000)
    for (const close of closing) await close()
    await proxy.stop()
    await server.stop()
  })
})

test('a client of @redis/client that was made here dials anew when its connection falls silent', async () => {
  const server = await startRedis()
  const proxy = await startProxy(server.port, 'redis')
  const how = { url: `redis://127.0.0.1:${proxy.port}`, cluster: false, callTimeoutMs: 300 }
  const client = await makeNodeRedis(how)
  if (!client) throw new Error('@redis/client is not installed')
  const port = nodeRedisPort(client, how.callTimeoutMs)
  await port.connect()
  expect(await port.call('PING')).toBe('PONG')
  proxy.strand()
  await expect(port.call('PING')).rejects.toThrow('no answer within 300 ms')
  expect(await insist(() => port.call('PING'), /offline|closed|Disconnects/)).toBe('PONG')
  await port.close()
  await proxy.stop()
  await server.stop()
})

test.each(['ioredis', '@redis/client'])(
  'with %s: where the server has become a replica, its name is asked anew',
  async (kind) => {
    const old = await startRedis()
    const heir = await startRedis()
    // The name of the primary, of which only the name tells that it is another one now.
    const front = { port: old.port }
    const open = new Set<Socket>()
    const name = createServer((near) => {
      const far = dialTo(front.port, '127.0.0.1')
      for (const [from, to] of [
        [near, far],
        [far, near],
      ] as const) {
        open.add(from)
        from.on('error', () => to.destroy()).on('close', () => to.destroy())
        from.pipe(to)
      }
    })
    await new Promise<void>((resolve) => name.listen(0, '127.0.0.1', resolve))
    const how = {
      url: `redis://127.0.0.1:${(name.address() as AddressInfo).port}`,
      cluster: false,
      callTimeoutMs: 5_000,
    }
    const made = kind === 'ioredis' ? await makeIoRedis(how) : await makeNodeRedis(how)
    if (!made) throw new Error(`${kind} is not installed`)
    const port = isIoRedis(made) ? ioRedisPort(made, true) : nodeRedisPort(made, how.callTimeoutMs)
    await port.connect()
    expect(await port.call('SET', 'a', '1')).toBe('OK')
    // The connection stays, to what is a replica now.
    const look = new Redis(old.port)
    await look.replicaof('127.0.0.1', heir.port)
    front.port = heir.port
    await expect(port.call('SET', 'a', '2')).rejects.toThrow('READONLY')
    expect(
      await insist(() => port.call('SET', 'a', '3'), /READONLY|offline|closed|Disconnects|Connection/),
    ).toBe('OK')
    const heirs = new Redis(heir.port)
    expect(await heirs.get('a')).toBe('3')
    for (const client of [look, heirs]) client.disconnect()
    await port.close()
    for (const socket of open) socket.destroy()
    name.close()
    await old.stop()
    await heir.stop()
  },
)

test('a server whose client fell silent in the middle of a transaction takes the locks away from it', async () => {
  const server = await startPostgres()
  const proxy = await startProxy(server.port, 'postgres')
  const at = { max: 1, timeoutMs: 2_000, callTimeoutMs: 500 }
  const link = await connect({ url: `postgres://test@127.0.0.1:${proxy.port}/postgres`, ...at })
  const other = await connect({ url: server.url, ...at, callTimeoutMs: 10_000 })
  await other.query('create table held (n int)')
  const silenced = link.transaction(async (query) => {
    await query('lock table held')
    proxy.strand()
    await query('select 1')
  })
  await expect(silenced).rejects.toThrow(/read timeout/)
  // It waits for the lock, and gets it when the server gives the silent client up.
  await other.query('insert into held values (1)')
  await link.end()
  await other.end()
  await proxy.stop()
  await server.stop()
})

/** As a caller does who has an id of its own: repeats while nobody answers. */
async function insist<T>(call: () => Promise<T>, away = /^LW10(05|17) /): Promise<T> {
  for (const end = Date.now() + 20_000; ; ) {
    try {
      return await call()
    } catch (error) {
      if (Date.now() > end || !away.test((error as Error).message)) throw error
      await wait(20)
    }
  }
}

async function states(app: App): Promise<Readonly<Record<string, number>>> {
  const store = await app.store()
  const [count] = await insist(() => store.counts())
  return count?.states ?? {}
}

async function until(done: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 20_000; !(await done()); await wait(50))
    if (Date.now() > end) throw new Error('it did not come about within 20 s')
}
