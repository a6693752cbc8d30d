// A server that is gone for a while: the processes live, say so, and go on by themselves, whichever client they use.
import { legwork, task, unchecked } from 'legwork'
import { postgres } from 'legwork/postgres'
import { redis } from 'legwork/redis'
import { afterAll, expect, test } from 'vitest'
import { startPostgres } from '../fixtures/postgres.mjs'
import { freePort, startRedis } from '../fixtures/redis-server.mjs'
import { type Proc, start } from './house.ts'

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
const hold = task('hold', { input: unchecked<{ ms: number }>(), output: unchecked<string>() })
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

test.concurrent('Redis gone for three seconds: workers by each client live, say so, and go on', () =>
  story(redisServer, redisAt, ['redis:// and ioredis', 'a client of @redis/client', 'a client of ioredis']))

test.concurrent('PostgreSQL gone for three seconds: workers by each client live, say so, and go on', () =>
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
      return { result: job.result({ timeout: '25s' }) }
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
    }),
  )
  await wait(3_000 - (Date.now() - awayAt))
  await server.start()
  const backAt = Date.now()
  await Promise.all(
    houses.map(async ({ via, app, proc }, i) => {
      const job = await insist(() => app.enqueue(hold, { ms: 0 }, { id: 'back' }))
      expect(await job.result({ timeout: '20s' })).toBe(`${proc.child.pid} did attempt 1`)
      expect(Date.now() - backAt, via).toBeLessThan(2_000)
      expect(await (begun[i] as { result: Promise<string> }).result, via).toBe(
        `${proc.child.pid} did attempt 1`,
      )
    }),
  )
  for (const { via, app, proc } of houses) {
    const { told, child } = proc
    expect([child.exitCode, child.signalCode], via).toEqual([null, null])
    const errors = told.filter(({ error }) => error !== undefined)
    expect(errors.length, `${via}: ${JSON.stringify(errors)}`).toBeLessThanOrEqual(3)
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
