// A server that is gone for a while: the processes live, say so, and go on by themselves, whichever client they use.
// Three seconds; LEGWORK_OUTAGE_MS=60000 for a minute, in which leases run out.
import { spawn } from 'node:child_process'
import { type Health, legwork, task, unchecked } from 'legwork'
import { postgres } from 'legwork/postgres'
import { redis } from 'legwork/redis'
import { afterAll, expect, test } from 'vitest'
import { startPostgres } from '../fixtures/postgres.mjs'
import { freePort } from '../fixtures/free-port.mjs'
import { startRedis } from '../fixtures/redis-server.mjs'
import { folder, start as startCommand } from '../cli-kit.ts'
import { type Proc, start } from './house.ts'

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
const hold = task('hold', { input: unchecked<{ ms: number }>(), output: unchecked<string>() })
const awayMs = Number(process.env['LEGWORK_OUTAGE_MS'] ?? 3_000)
/** A lease is given up when four fifths of it went by without a beat. */
const keepsLeases = awayMs < 10_000
const silent = { debug() {}, info() {}, warn() {}, error() {} }
const procs: Proc[] = []
afterAll(() => {
  for (const { child } of procs) child.kill('SIGKILL')
})

interface Server {
  readonly url: string
  kill(): Promise<void>
  start(): Promise<void>
  stop(): Promise<void>
}

async function redisServer(): Promise<Server> {
  let server = await startRedis()
  const { url, port, folder } = server
  return {
    url,
    async kill() {
      server.signal('SIGKILL')
      await server.stop({ keep: true })
    },
    async start() {
      server = await startRedis({ port, folder })
    },
    stop: () => server.stop(),
  }
}

async function postgresServer(): Promise<Server> {
  const server = await startPostgres()
  return {
    url: server.url,
    kill: () => server.stop('SIGQUIT'),
    start: () => server.start(),
    stop: () => server.stop(),
  }
}

/** Clients that keep calls until the server is back: nothing fails meanwhile, so there is nothing to say. */
const patient = new Set(['a client of @redis/client', 'a client of ioredis'])

const redisAt = (url: string, name: string) => redis({ url, prefix: name })
const postgresAt = (url: string, name: string) => postgres({ url, schema: name })

test.concurrent('Redis gone for a while: workers by each client live, say so, and go on', () =>
  story(redisServer, redisAt, ['redis:// and ioredis', 'a client of @redis/client', 'a client of ioredis']))

test.concurrent('PostgreSQL gone for a while: workers by each client live, say so, and go on', () =>
  story(postgresServer, postgresAt, ['postgres:// and pg', 'a pool of pg', 'postgres.js']))

async function story(
  make: () => Promise<Server>,
  storeAt: typeof redisAt | typeof postgresAt,
  clients: readonly string[],
): Promise<void> {
  const server = await make()
  const houses = await Promise.all(
    clients.map(async (via, i) => {
      const name = `away${i}`
      const app = legwork({ store: storeAt(server.url, name), log: silent })
      const proc = start(['test/life/fixtures/steady.mjs', JSON.stringify({ url: server.url, via, name })])
      procs.push(proc)
      await proc.until(({ ready }) => ready === true, `${via} to be ready`)
      return { via, app, proc }
    }),
  )
  // One job has begun and ends while the server is away; somebody waits for its result all the time.
  const begun = await Promise.all(
    houses.map(async ({ via, app, proc }) => {
      const job = await app.enqueue(hold, { ms: 1_500 })
      await proc.until(({ started }) => started === job.id, `${via} to begin`)
      // In an object, for a promise that is handed on would be waited for.
      return { result: job.result({ timeout: awayMs + 25_000 }) }
    }),
  )
  await server.kill()
  const awayAt = Date.now()
  await Promise.all(
    houses.map(async ({ via, app }) => {
      const error = await app
        .enqueue(hold, { ms: 0 }, { id: 'while-away' })
        .catch((thrown: unknown) => thrown)
      expect(error, via).toMatchObject({ code: expect.stringMatching(/^LW10(17|05)$/) })
      expect(await app.health(), via).toMatchObject({ status: 'degraded', cause: { code: 'LW1017' } })
    }),
  )
  await doctorSaysSo(server.url)
  await Promise.all(
    houses.map(async ({ via, proc }) => {
      const health = await healthOf(proc)
      expect(health, via).toMatchObject({ status: 'degraded', cause: { code: expect.stringMatching(/^LW/) } })
      // A client that keeps calls says nothing of it: then the look of health() is the first to know.
      if (!patient.has(via)) expect(Math.abs(Date.parse(health.since) - awayAt), via).toBeLessThan(3_000)
    }),
  )
  await wait(awayMs - (Date.now() - awayAt))
  await server.start()
  const backAt = Date.now()
  await Promise.all(
    houses.map(async ({ via, app, proc }, i) => {
      const job = await insist(() => app.enqueue(hold, { ms: 0 }, { id: 'back' }))
      const answer = await job.result({ timeout: '20s' }).catch(async (error: unknown) => {
        const [seen] = await (await app.store()).get([job.id], { attempts: true })
        return `${error}: ${JSON.stringify({ seen, health: await healthOf(proc), told: proc.told.slice(-6) })}`
      })
      expect(answer, via).toBe(`${proc.child.pid} did attempt 1`)
      const tookMs = Date.now() - backAt
      // A client of the user's dials as it was told to: those of Redis every two seconds after a long time.
      const most = patient.has(via) && !keepsLeases ? 4_500 : 2_000
      // Of a machine that is busy with other tests, what it takes for a process now.
      expect(tookMs, via).toBeLessThan(most + 4 * (await processMs()))
      await isWell(() => app.health(), via)
      const { result } = begun[i] as { result: Promise<string> }
      // Its worker knew nothing of the store for longer than its lease, so it runs again; on a slow machine it had ended before.
      expect(await result, via).toMatch(
        new RegExp(`^${proc.child.pid} did attempt ${keepsLeases ? 1 : '[12]'}$`),
      )
      await isWell(() => healthOf(proc), via)
    }),
  )
  for (const { via, app, proc } of houses) {
    const { told, child } = proc
    expect([child.exitCode, child.signalCode], via).toEqual([null, null])
    const errors = told.filter(({ error }) => error !== undefined)
    expect(errors.length, `${via}: ${JSON.stringify(errors)}`).toBeLessThanOrEqual(3 + awayMs / 10_000)
    if (!patient.has(via)) {
      expect(errors[0], via).toMatchObject({ data: { degraded: true, err: { code: 'LW1017' } } })
      await proc.until(({ info }) => info?.includes('again, after') ?? false, `${via} to say that it is over`)
    }
    expect(told.filter(({ unhandled }) => unhandled !== undefined)).toEqual([])
    child.kill('SIGTERM')
    expect(await proc.exit, via).toEqual({ code: 0, signal: null })
    await app.stop()
  }
  await server.stop()
}

/** How long a process that does nothing takes. */
function processMs(): Promise<number> {
  const from = performance.now()
  return new Promise((resolve) =>
    spawn(process.execPath, ['-e', '0']).once('exit', () => resolve(performance.now() - from)),
  )
}

/** What is told may be a second old. */
async function isWell(health: () => Promise<object>, via: string): Promise<void> {
  const from = Date.now()
  let last = await health()
  while ((last as Health).status !== 'ok' && Date.now() - from < 2_000) {
    await wait(100)
    last = await health()
  }
  expect(last, via).toMatchObject({ status: 'ok' })
}

let asked = 0
/** What a worker's process says of itself. */
async function healthOf({ child, until }: Proc): Promise<{ status: string; since: string; cause?: object }> {
  const n = ++asked
  child.send({ health: n })
  const { health } = await until((told) => told.health?.n === n, 'the worker to say how it is')
  return health as NonNullable<typeof health>
}

/** One line with the code and what to do, no stack, and not 0. */
async function doctorSaysSo(url: string): Promise<void> {
  const { code, out, err } = await startCommand(['doctor', '--url', url], { cwd: folder() }).ended
  expect([code, err]).toEqual([1, ''])
  expect(out).toMatch(/^✖ store +\S+ \(from --url\): LW1017 .*cannot be reached: .*Check that it runs.*$/m)
  expect(out).toMatch(/1 failed\n$/)
  expect(out).not.toMatch(/\n\s+at /)
}

/** As a caller does who has an id of its own: repeats while nobody answers. */
async function insist<T>(call: () => Promise<T>): Promise<T> {
  for (const end = Date.now() + 20_000; ; ) {
    try {
      return await call()
    } catch (error) {
      if (Date.now() > end) throw error
      await wait(20)
    }
  }
}

test('an app whose server is not there yet starts when it is, and a start that failed leaves nothing behind', async () => {
  const port = await freePort()
  const app = legwork({ store: redis(`redis://127.0.0.1:${port}`), log: silent })
  const runs: string[] = []
  app.handle(hold, async ({ job }) => {
    runs.push(job.id)
    return app.workerId ?? ''
  })
  await expect(app.start()).rejects.toMatchObject({ code: 'LW1017' })
  const server = await startRedis({ port })
  await insist(() => app.start())
  const job = await app.enqueue(hold, { ms: 0 })
  expect(await job.result({ timeout: '5s' })).toBe(app.workerId)
  const store = await app.store()
  expect((await store.workers()).map(({ id }) => id)).toEqual([app.workerId])
  await app.stop()
  await server.stop()
})
