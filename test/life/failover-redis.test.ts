// A primary dies and its replica takes over, found by Sentinel. Redis replicates a moment later, so jobs of that moment may be
// gone: how many is told. All else is as ever: what is there runs once, and the process goes on by itself.
import { Redis } from 'ioredis'
import { legwork, task, unchecked } from 'legwork'
import { redis } from 'legwork/redis'
import { afterEach, expect, test } from 'vitest'
import { startRedis, startSentinel } from '../fixtures/redis-server.mjs'

const ending: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ending.splice(0).reverse()) await end()
})

test('a failover by Sentinel loses at most what was not replicated, and everything else is done once', async () => {
  const primary = await startRedis()
  ending.push(() => primary.stop())
  const replica = await startRedis({ config: ['--replicaof', '127.0.0.1', String(primary.port)] })
  ending.push(() => replica.stop())
  const look = new Redis(replica.port)
  ending.push(() => look.disconnect())
  await until(async () => (await look.info('replication')).includes('master_link_status:up'))
  const sentinel = await startSentinel(primary.port)
  ending.push(() => sentinel.stop())
  const client = new Redis({
    sentinels: [{ host: '127.0.0.1', port: sentinel.port }],
    name: 'main',
    maxRetriesPerRequest: 1,
    sentinelRetryStrategy: () => 100,
    retryStrategy: () => 100,
  })
  ending.push(() => client.disconnect())
  const probe = new Redis(sentinel.port)
  ending.push(() => probe.disconnect())
  // Those are the test's own; the store's needs no listener.
  for (const one of [look, probe, client]) one.on('error', () => {})
  // It has to know the replica before it can make it a primary.
  await until(
    async () => ((await probe.call('SENTINEL', 'REPLICAS', 'main').catch(() => [])) as unknown[]).length > 0,
  )

  const quiet = { debug() {}, info() {}, warn() {}, error() {} }
  const app = legwork({ store: redis({ client }), log: quiet })
  const count = task('count', { input: unchecked<number>() })
  const ran = new Map<string, number>()
  app.handle(count, async ({ job }) => {
    ran.set(job.id, (ran.get(job.id) ?? 0) + 1)
  })
  await app.start({ concurrency: 20 })
  const acknowledged: string[] = []
  let isOver = false
  const producing = (async () => {
    for (let i = 0; !isOver; i++) {
      const jobs = await app
        .enqueueMany(
          count,
          Array.from({ length: 20 }, () => i),
        )
        .catch(() => [])
      acknowledged.push(...jobs.map(({ id }) => id))
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  })()
  await until(() => acknowledged.length > 1_000)
  primary.signal('SIGKILL')
  const before = acknowledged.length
  await until(() => acknowledged.length > before + 1_000)
  isOver = true
  await producing
  const store = await app.store()
  await until(async () => (await store.counts()).every(({ states }) => states.ready + states.running === 0))
  const found = await store.get(acknowledged)
  const lost = found.filter((job) => job === undefined).length
  console.log(`${lost} of ${acknowledged.length} acknowledged jobs were lost by the failover`)
  expect(found.filter((job) => job !== undefined && job.state !== 'completed')).toEqual([])
  // What was settled in the last moment may run again; nothing else does.
  const twice = [...ran.values()].filter((times) => times > 1).length
  expect(twice).toBeLessThan(200)
  expect(lost).toBeLessThan(200)
  expect((await look.info('replication')).includes('role:master')).toBe(true)
  await app.stop()
})

async function until(done: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 40_000; Date.now() < end; ) {
    if (await done()) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error('it did not come about within 40 s')
}
