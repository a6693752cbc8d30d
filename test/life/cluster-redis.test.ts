// Partitions on a real Redis Cluster, under load: a primary dies and its replica takes over; a slot moves to another node by hand.
// What every process asked and heard is written down and read by the independent checker.
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createCluster } from '@redis/client'
import { Redis } from 'ioredis'
import { legwork, StoreError, task, unchecked } from 'legwork'
import { redis } from 'legwork/redis'
import type { Store } from 'legwork/store'
import { afterEach, expect, test } from 'vitest'
import { check, read } from '../../checker/check.mjs'
import { makeNodeRedis, type NodeRedis, nodeRedisPort } from '../../src/stores/redis/clients/node-redis.ts'
import { slotOf, tagIn } from '../../src/stores/redis/slots.ts'
import { dump, historyFile, recording } from '../../torture/history.mjs'
import { type RedisCluster, type RedisServer, startCluster, startRedis } from '../fixtures/redis-server.mjs'

const ending: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ending.splice(0).reverse()) await end()
})

const quiet = { debug() {}, info() {}, warn() {}, error() {} }
const partitions = 6
const queues = Array.from({ length: 12 }, (_, n) => `queue-${n}`)
const tasks = queues.map((queue) => task(queue, { input: unchecked<number>(), queue }))

/** Two workers and a producer on one store, each with a client of its own, that write down what they ask and hear. */
async function scene(cluster: RedisCluster, prefix: string, more = '') {
  const folder = mkdtempSync(join(tmpdir(), 'legwork-cluster-'))
  ending.push(() => rmSync(folder, { recursive: true, force: true }))
  const url = `${cluster.url}?cluster=true&partitions=${partitions}&prefix=${prefix}${more}`
  const appOf = (name: string) => {
    const store = recording(redis(url), historyFile(join(folder, `${name}.ndjson`), name))
    return legwork({ store, log: quiet, enqueueTimeout: '10s' })
  }
  const workers = ['worker-1', 'worker-2'].map(appOf)
  const done = new Map<string, number>()
  for (const app of workers)
    for (const each of tasks)
      app.handle(each, async ({ job }) => void done.set(job.queue, (done.get(job.queue) ?? 0) + 1))
  const producer = appOf('producer')
  for (const app of workers) await app.start({ concurrency: 20 })
  let isOver = false
  let acknowledged = 0
  const acknowledgedBy = new Map<string, number>()
  /** One job after the other in each queue, so that a queue whose partition is away waits alone. */
  const producing = tasks.map(async (each, n) => {
    for (let i = 0; !isOver; i++) {
      const id = `${each.name}-${i}`
      // Whoever does not hear an answer says the same again.
      for (let said = false; !said; ) {
        said = await producer.enqueue(each, i, n % 2 === 0 ? { id } : {}).then(
          () => true,
          () => isOver,
        )
        if (!said) await pause(20)
        else if (!isOver) acknowledgedBy.set(each.name, (acknowledgedBy.get(each.name) ?? 0) + 1)
      }
      acknowledged += 1
      await pause(3)
    }
  })
  return {
    done,
    acknowledgedBy,
    acknowledged: () => acknowledged,
    /** Lets everything end; gives what the checker says. */
    async finish() {
      isOver = true
      await Promise.all(producing)
      const store = await producer.store()
      await until(async () => {
        const rows = await store.counts().catch(() => undefined)
        return rows?.every(({ states: { ready, running, scheduled } }) => ready + running + scheduled === 0)
      })
      for (const app of workers) await app.stop()
      const last = redis(url)
      await last.open()
      await dump(last as Store, historyFile(join(folder, 'dump.ndjson'), 'dump'))
      await last.close()
      await producer.stop()
      const events = await read(readdirSync(folder).map((name) => join(folder, name)))
      return { violations: check(events), jobs: events.filter(({ f }) => f === 'dump').length }
    },
  }
}

test('a primary that dies takes only its partitions with it, until its replica is there; all else is as ever', async () => {
  const cluster = await startCluster({ replicas: true })
  ending.push(() => cluster.stop())
  // A replica has what was answered, so that nothing that was answered is lost; without it some may be.
  const one = await scene(cluster, 'failover', process.env['LEGWORK_NO_WAIT'] ? '' : '&replicas=1')
  await until(() => one.acknowledged() > 1_500)

  // Queues whose partitions lie on the second node, and the others.
  const nodeOf = (index: number) => Math.floor((slotOf(tagIn('failover', index, partitions)) * 3) / 16_384)
  const { textShard } = await import('../../src/job/id.ts')
  const homeOf = (queue: string) => Math.floor((textShard(queue) * partitions) / 1_024)
  const away = queues.filter((queue) => nodeOf(homeOf(queue)) === 1)
  // An id of one's own has its name in a partition of its own, so those queues may have to wait too.
  const others = queues.filter((queue, n) => !away.includes(queue) && n % 2 === 1)
  expect([away.length > 0, others.length > 0]).toEqual([true, true])

  const [victim, heir] = [cluster.nodes[1], cluster.nodes[4]] as [RedisServer, RedisServer]
  victim.signal('SIGKILL')
  const killedAt = performance.now()
  const before = new Map(one.done)
  const doneSince = (names: readonly string[]) =>
    names.map((queue) => (one.done.get(queue) ?? 0) - (before.get(queue) ?? 0))
  // The failover takes longer than a second; each queue of the other nodes goes on before.
  await until(() => doneSince(others).every((n) => n >= 3))
  const othersMs = Math.round(performance.now() - killedAt)
  const look = new Redis(heir.port)
  ending.push(() => look.disconnect())
  await until(async () => (await look.info('replication')).includes('role:master'))
  // It comes back as the replica of its heir, who without one could not say that its changes are safe.
  await victim.stop({ keep: true })
  const back = await startRedis({ port: victim.port, folder: victim.folder, config: cluster.config })
  ending.push(() => back.stop())
  await until(() => doneSince(away).every((n) => n >= 20))
  const awayMs = Math.round(performance.now() - killedAt)
  await until(() => doneSince(queues).every((n) => n >= 50))

  const { violations, jobs } = await one.finish()
  const lost = violations.filter(({ rule }) => rule === 'lost').length
  const broken = violations.filter(({ rule }) => rule !== 'lost')
  console.log(
    `a cluster failover lost ${lost} of ${one.acknowledged()} acknowledged jobs; other partitions went on within ${othersMs} ms, its own after ${awayMs} ms`,
  )
  expect(broken.slice(0, 3)).toEqual([])
  // WAIT is no promise: a replica that did not have it may be chosen. Here there is but one.
  expect(lost).toBeLessThanOrEqual(process.env['LEGWORK_NO_WAIT'] ? 200 : 0)
  expect(jobs).toBeGreaterThan(1_500)
}, 120_000)

test('whoever opens a store while a node of its cluster is away hears so, and opens it when the node is back', async () => {
  const cluster = await startCluster()
  ending.push(() => cluster.stop())
  const url = `${cluster.url}?cluster=true&partitions=3&prefix=starting`
  const made = redis(url)
  await made.open()
  await made.close()
  const victim = cluster.nodes[2] as RedisServer
  victim.signal('SIGKILL')
  await victim.stop({ keep: true })
  // Which node a client asks first is left to chance.
  const stores = Array.from({ length: 8 }, () => redis(url))
  ending.push(() => Promise.all(stores.map((store) => store.close())))
  const code = (error: unknown) => (error instanceof StoreError ? error.code : String(error))
  const opened = () => Promise.all(stores.map((store) => store.open().then(() => 'open', code)))
  expect(new Set(await opened())).toEqual(new Set(['LW1017']))
  const back = await startRedis({ port: victim.port, folder: victim.folder, config: cluster.config })
  ending.push(() => back.stop())
  await until(async () => (await opened()).every((one) => one === 'open'))

  // Where no node is left a call ends, too, and is not sent a minute later.
  for (const node of [...cluster.nodes.slice(0, 2), back]) node.signal('SIGKILL')
  const startedAt = performance.now()
  const calls = stores.map((store) => store.counts().then(() => 'done', code))
  expect(new Set(await Promise.all(calls))).toEqual(new Set(['LW1017']))
  expect(performance.now() - startedAt).toBeLessThan(15_000)
}, 60_000)

test('a cluster client of the other library that the store makes logs in at each node, and dials anew what was cut or fell silent', async () => {
  const node = await startRedis({ config: ['--cluster-enabled', 'yes'], password: 'secret' })
  ending.push(() => node.stop())
  const admin = new Redis(node.url)
  ending.push(() => admin.disconnect())
  await admin.call('CLUSTER', 'ADDSLOTSRANGE', '0', '16383')
  await until(async () => ((await admin.call('CLUSTER', 'INFO')) as string).includes('cluster_state:ok'))
  const made = await makeNodeRedis({ url: node.url, cluster: true, callTimeoutMs: 1_000 })
  const port = nodeRedisPort(made as NodeRedis, 1_000)
  ending.push(() => port.close())
  await port.connect()
  const connection = () => port.callAt(0, 'CLIENT', 'ID').catch(() => 'away')
  const first = await connection()
  expect(first).toBeGreaterThan(0)
  await admin.client('KILL', 'ID', first as number)
  await until(async () => (await connection()) !== 'away')
  const second = await connection()
  expect(second).toBeGreaterThan(first as number)
  node.signal('SIGSTOP')
  await pause(7_500)
  node.signal('SIGCONT')
  await until(async () => (await connection()) !== 'away')
  expect(await connection()).toBeGreaterThan(second as number)
}, 30_000)

test('a slot that moves to another node under load loses nothing and runs nothing twice', async () => {
  const cluster = await startCluster()
  ending.push(() => cluster.stop())
  const one = await scene(cluster, 'moving')
  await until(() => one.acknowledged() > 500)
  const [source, target] = cluster.nodes.map(({ port }) => new Redis(port, '127.0.0.1')) as [
    Redis,
    Redis,
    Redis,
  ]
  ending.push(() => source.disconnect())
  ending.push(() => target.disconnect())
  const ids = await Promise.all(
    [source, target].map((node) => node.call('CLUSTER', 'MYID') as Promise<string>),
  )
  // Both partitions of the first node, one after the other.
  for (const index of [0, 1]) {
    const slot = String(slotOf(tagIn('moving', index, partitions)))
    await target.call('CLUSTER', 'SETSLOT', slot, 'IMPORTING', ids[0] as string)
    await source.call('CLUSTER', 'SETSLOT', slot, 'MIGRATING', ids[1] as string)
    // While some keys are here and some there, calls hear TRYAGAIN; while all are gone, ASK.
    for (;;) {
      const keys = (await source.call('CLUSTER', 'GETKEYSINSLOT', slot, '5')) as string[]
      if (keys.length === 0) break
      const port = String(cluster.nodes[1]?.port)
      await source.call('MIGRATE', '127.0.0.1', port, '', '0', '5000', 'KEYS', ...keys)
      await pause(30)
    }
    await pause(200)
    for (const node of [target, source]) await node.call('CLUSTER', 'SETSLOT', slot, 'NODE', ids[1] as string)
    const before = one.acknowledged()
    await until(() => one.acknowledged() > before + 300)
  }
  const before = new Map(one.done)
  await until(() => queues.every((queue) => (one.done.get(queue) ?? 0) > (before.get(queue) ?? 0) + 5))
  const errors = await Promise.all(
    [source, target].map(async (node) => [
      ...(await node.info('errorstats')).matchAll(/errorstat_(\w+):count=(\d+)/g),
    ]),
  )
  const said = errors.flat().map(([, name, n]) => `${name} ${n}`)
  const { violations, jobs } = await one.finish()
  console.log(`two slots moved under load: ${jobs} jobs; the nodes said ${said.join(', ')}`)
  expect(violations.slice(0, 3)).toEqual([])
  expect(said.some((text) => /^(ASK|TRYAGAIN)/.test(text))).toBe(true)
}, 120_000)

test('a wait for copies goes to the node that wrote, with either library', async () => {
  const cluster = await startCluster()
  ending.push(() => cluster.stop())
  const other = createCluster({ rootNodes: [{ url: cluster.url }] })
  await other.connect()
  ending.push(() => other.destroy())
  const waiting = { acknowledge: { replicas: 1, timeoutMs: 20 } }
  const waits = () =>
    Promise.all(
      cluster.nodes.map(async ({ port }) => {
        const look = new Redis(port, '127.0.0.1')
        const found = /cmdstat_wait:calls=(\d+)/.exec(await look.info('commandstats'))
        look.disconnect()
        return Number(found?.[1] ?? 0)
      }),
    )
  for (const [n, client] of [undefined, other].entries()) {
    for (const prefix of ['a', 'b', 'c', 'd'].map((name) => `${name}${n}`)) {
      const before = await waits()
      const how = client ? { client } : { url: `${cluster.url}?cluster=true` }
      const store = redis({ ...how, prefix, ...waiting })
      await store.open()
      for (let i = 0; i < 5; i++) await store.setQueues([{ name: 'q', paused: null }]).catch(() => {})
      await store.close()
      const node = Math.floor((slotOf(tagIn(prefix, 0, 1)) * 3) / 16_384)
      const after = await waits()
      const counts = after.map((count, i) => count - (before[i] ?? 0))
      expect(counts[node]).toBe(5)
      // The other library asks every primary.
      if (!client) expect(counts.reduce((a, b) => a + b)).toBe(5)
    }
  }
}, 60_000)

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

async function until(isSo: () => boolean | undefined | Promise<boolean | undefined>): Promise<void> {
  for (const end = Date.now() + 40_000; !(await isSo()); await pause(20))
    if (Date.now() > end) throw new Error('it did not come about within 40 s')
}
