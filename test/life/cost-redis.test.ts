// What a call costs does not grow with what waits: counted in commands of the server and in the bytes that they touch.
import { Redis } from 'ioredis'
import { redis } from 'legwork/redis'
import type { Store } from 'legwork/store'
import { afterAll, expect, test } from 'vitest'
import { startRedis } from '../fixtures/redis-server.mjs'

const server = await startRedis()
const admin = new Redis(server.url)
afterAll(async () => {
  admin.disconnect()
  await server.stop()
})

const plain = (id: string, delayMs?: number) => ({
  ...{ id, task: 't', queue: 'q', payload: '{"a":1}', version: 1, priority: 5, maxAttempts: 3, tags: [] },
  retain: { completed: 60_000, cancelled: 60_000, dead: null },
  ...(delayMs !== undefined && { delayMs }),
})

/** Commands that one call makes inside the server. */
async function commandsOf(call: () => Promise<unknown>): Promise<number> {
  await admin.config('RESETSTAT')
  await call()
  const stats = await admin.info('commandstats')
  const rows = [...stats.matchAll(/cmdstat_([^:]+):calls=(\d+)/g)]
  const mine = /^(info|config|evalsha|eval|publish)/
  return rows.filter(([, name = '']) => !mine.test(name)).reduce((sum, [, , calls]) => sum + Number(calls), 0)
}

async function fill(store: Store, from: number, to: number): Promise<void> {
  for (let i = from; i < to; i += 1_000) {
    const some = Array.from({ length: 1_000 }, (_, k) => plain(`j${i + k}`))
    const later = Array.from({ length: 200 }, (_, k) => plain(`d${i + k}`, 3_600_000))
    await store.enqueue([...some, ...later])
  }
}

test('a claim of 100, a settle and upkeep take as many commands at 40,000 waiting jobs as at 1,000', async () => {
  const store = redis({ url: server.url, prefix: 'cost' })
  await store.open()
  const about = { host: 'h', pid: 1, version: '1', queues: ['q'], tasks: ['t'], concurrency: 1 }
  await store.beat({ worker: 'w', ttlMs: 600_000, about })
  let call = 0
  const claim = () => {
    const queues = [{ name: 'q', limit: 100 }]
    return store.claim({ worker: 'w', call: ++call, received: call - 1, limit: 100, queues })
  }
  const measure = async () => {
    // Scripts are known to the server from here on.
    const { jobs } = await claim()
    await store.settle(
      'w',
      jobs.map(({ id, fence }) => ({ id, fence, move: 'complete' as const })),
    )
    await store.tend(100)
    const next: { jobs: typeof jobs }[] = []
    return {
      claim: await commandsOf(async () => next.push(await claim())),
      settle: await commandsOf(() =>
        store.settle(
          'w',
          (next[0]?.jobs ?? []).map(({ id, fence }) => ({ id, fence, move: 'complete' as const })),
        ),
      ),
      tend: await commandsOf(() => store.tend(100)),
      counts: await commandsOf(() => store.counts()),
      enqueue: await commandsOf(() => store.enqueue([plain(`extra${call}`)])),
    }
  }
  await fill(store, 0, 1_000)
  const few = await measure()
  await fill(store, 1_000, 40_000)
  const many = await measure()
  for (const [verb, commands] of Object.entries(many))
    expect(commands, `commands of ${verb}`).toBeLessThanOrEqual(few[verb as keyof typeof few] + 4)
  // One command for each key that is written, and not one for each job.
  expect(many.claim).toBeLessThan(60)
  expect(many.settle).toBeLessThan(40)
  await store.close()
})
