// What a worker without work costs its server, counted there: the app's time and the store's are virtual, the calls are real.
import { Redis } from 'ioredis'
import { legwork, task } from 'legwork'
import { postgres } from 'legwork/postgres'
import { redis } from 'legwork/redis'
import type { Store } from 'legwork/store'
import { type VirtualClock, virtualClock } from 'legwork/testing'
import pg from 'pg'
import { expect, test } from 'vitest'
import { wholeOf } from '../../src/stores/redis/script.ts'
import { startPostgres } from '../fixtures/postgres.mjs'
import { startRedis } from '../fixtures/redis-server.mjs'

/** Calls by name since the last time it was asked. */
type Meter = () => Promise<Readonly<Record<string, number>>>

test('Redis: an idle worker makes a call a second at most, and one in five seconds besides its beats after a quiet minute', async () => {
  const server = await startRedis()
  const base = new Redis(server.port)
  const monitor = await base.monitor()
  base.disconnect()
  monitor.on('error', () => {})
  const seen: string[] = []
  const names = new Map((['beat', 'exchange', 'tend'] as const).map((name) => [wholeOf(name).sha, name]))
  monitor.on('monitor', (_time: string, [command = '', sha = '']: string[], source: string) => {
    if (source !== 'lua') seen.push(names.get(sha as never) ?? `${command} ${sha}`)
  })
  const probe = new Redis(server.port)
  probe.on('error', () => {})
  const meter: Meter = async () => {
    // What was sent before it has been told by then.
    const mark = `${Math.random()}`
    await probe.ping(mark)
    while (!seen.includes(`ping ${mark}`)) await new Promise((resolve) => setTimeout(resolve, 2))
    return tally(seen.splice(0).filter((one) => one !== `ping ${mark}`))
  }
  const clock = virtualClock({ now: Date.now() })
  await idle(redis({ url: server.url, clock }), clock, meter)
  monitor.disconnect()
  probe.disconnect()
  await server.stop()
})

test('PostgreSQL: an idle worker makes a statement a second at most, and one in five seconds besides its beats after a quiet minute', async () => {
  const server = await startPostgres({ shared_preload_libraries: 'pg_stat_statements' })
  const probe = new pg.Client({ connectionString: `${server.url}?application_name=probe` })
  await probe.connect()
  await probe.query('create extension pg_stat_statements')
  const meter: Meter = async () => {
    const { rows } = await probe.query<{ query: string; calls: string }>(
      `select query, calls from pg_stat_statements where query not like '%pg_stat_statements%'`,
    )
    await probe.query('select pg_stat_statements_reset()')
    return Object.fromEntries(
      rows.map(({ query, calls }) => [/(\w+)_v1/.exec(query)?.[1] ?? query, Number(calls)]),
    )
  }
  const clock = virtualClock({ now: Date.now() })
  await idle(postgres({ url: server.url, clock }), clock, meter)
  await probe.end()
  await server.stop()
})

async function idle(real: Store, clock: VirtualClock, meter: Meter): Promise<void> {
  const { store, atRest } = watched(real, clock)
  const app = legwork({ store, clock, log: { debug() {}, info() {}, warn: fail, error: fail } })
  app.handle(task('idle'), () => {})
  await app.start()
  /** In small steps: each call has its answer before time goes on. */
  const pass = async (seconds: number) => {
    for (let i = 0; i < seconds * 4; i++) {
      await clock.advance(250)
      await atRest()
    }
  }
  await pass(2)
  await meter()
  await pass(50)
  const first = await meter()
  expect(sum(first), JSON.stringify(first)).toBeLessThanOrEqual(50)
  await pass(38)
  await meter()
  await pass(300)
  const { beat = 0, ...quiet } = await meter()
  expect(beat).toBeGreaterThan(80)
  expect(beat).toBeLessThanOrEqual(101)
  expect(sum(quiet), JSON.stringify(quiet)).toBeLessThanOrEqual(60)
  // It looks all the same: notifications may be lost.
  expect(quiet['exchange'] ?? 0).toBeGreaterThan(20)
  await app.stop()
}

/** The store, with what tells when none of its calls is under way, and no beat, which it sends by itself. */
function watched(store: Store, clock: VirtualClock): { store: Store; atRest: () => Promise<void> } {
  let open = 0
  let heard = 0
  let isDue = () => false
  const keepBeating: Store['keepBeating'] = (beat, pulse, hear) => {
    const beganAt = clock.monotonic()
    isDue = () => heard < Math.floor((clock.monotonic() - beganAt) / pulse.everyMs)
    return store.keepBeating(beat, pulse, (answer, sentAt) => {
      heard += 1
      hear(answer, sentAt)
    })
  }
  const wrap = (value: object): object =>
    new Proxy(value, {
      get(of, name) {
        const found: unknown = Reflect.get(of, name)
        if (typeof found === 'object' && found !== null) return wrap(found)
        if (typeof found !== 'function') return found
        return (...args: unknown[]) => {
          const answer: unknown = found.apply(of, args)
          if (!(answer instanceof Promise)) return answer
          open += 1
          return answer.finally(() => (open -= 1))
        }
      },
    })
  const turn = () => new Promise((resolve) => setImmediate(resolve))
  return {
    store: wrap({ ...store, keepBeating }) as Store,
    async atRest() {
      for (let quiet = 0; quiet < 3; quiet = open === 0 && !isDue() ? quiet + 1 : 0) await turn()
    },
  }
}

const fail = (data: object, message: string) => {
  throw new Error(`${message} ${JSON.stringify(data)}`)
}

const tally = (all: readonly string[]) =>
  all.reduce<Record<string, number>>((counts, one) => ({ ...counts, [one]: (counts[one] ?? 0) + 1 }), {})

const sum = (counts: Readonly<Record<string, number>>) => Object.values(counts).reduce((a, b) => a + b, 0)
