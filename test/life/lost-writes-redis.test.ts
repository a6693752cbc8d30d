// What a server that lost its last writes, by a failover or a restored copy, gives away anew: the numbers of jobs.
import { Redis } from 'ioredis'
import { redis } from 'legwork/redis'
import type { Store } from 'legwork/store'
import { afterAll, expect, test } from 'vitest'
import { idSource } from '../../src/job/id.ts'
import type { Settlement } from '../../src/job/job.ts'
import { startRedis } from '../fixtures/redis-server.mjs'

const server = await startRedis()
const admin = new Redis(server.url)
afterAll(async () => {
  admin.disconnect()
  await server.stop()
})

const newId = idSource({ now: Date.now, random: Math.random })
const job = (id: string) => ({
  ...{ id, task: 't', queue: 'q', payload: '1', version: 1, priority: 5, maxAttempts: 3, tags: [] },
  retain: { completed: 60_000, cancelled: 60_000, dead: null },
})
const about = { host: 'h', pid: 1, version: '1', queues: ['q'], tasks: ['t'], concurrency: 1 }

/** Puts back all keys of a prefix as they are now. */
async function copyOf(prefix: string): Promise<() => Promise<void>> {
  const keys = () => admin.keys(`{${prefix}:0}:*`)
  const copies: [string, Buffer][] = []
  for (const key of await keys()) copies.push([key, (await admin.dumpBuffer(key)) as Buffer])
  return async () => {
    await admin.del(...(await keys()))
    for (const [key, copy] of copies) await admin.restore(key, 0, copy)
  }
}

type Ending = Omit<Settlement, 'id' | 'fence'>
const endings: readonly (readonly [string, Ending])[] = [
  ['a completion', { move: 'complete' }],
  ['a completion with a result', { move: 'complete', result: '7' }],
  ['a burial', { move: 'bury', reason: 'enough' }],
]
const ids: readonly (readonly [string, (n: number) => string])[] = [
  ['minted ids', () => newId()],
  ['own ids that end alike', (n) => `${n}-of-2026-11-22`],
  ['own ids of other lengths', (n) => 'x'.repeat(n)],
]
const ways = ['settle', 'exchange'] as const
const cases = ids.flatMap(([whose, idOf]) =>
  endings.flatMap(([what, ending]) => ways.map((way) => ({ whose, idOf, what, ending, way }))),
)

test.each(cases)(
  '$what of a job that the server forgot is not written on the one that got its number: $whose, $way',
  async ({ idOf, ending, way, whose, what }) => {
    const prefix = `lost-${way}-${cases.findIndex((one) => one.way === way && one.whose === whose && one.what === what)}`
    const store: Store = redis({ url: server.url, prefix })
    await store.open()
    const [lost, other] = [idOf(1), idOf(2)]
    let call = 0
    const ask = () => ({
      worker: 'w',
      call: ++call,
      received: call - 1,
      limit: 1,
      queues: [{ name: 'q', limit: 1 }],
    })
    await store.beat({ worker: 'w', ttlMs: 60_000, about })
    await store.enqueue([job(newId())])
    const restore = await copyOf(prefix)
    await store.claim(ask())
    await store.enqueue([job(lost)])
    expect((await store.claim(ask())).jobs).toMatchObject([{ id: lost, fence: 1 }])
    await restore()
    await store.enqueue([job(other)])
    await store.claim(ask())
    expect((await store.claim(ask())).jobs).toMatchObject([{ id: other, fence: 1 }])
    const settlements = [{ id: lost, fence: 1, ...ending }]
    const settled =
      way === 'settle'
        ? await store.settle('w', settlements)
        : (await store.exchange(settlements, { ...ask(), limit: 0, queues: [] })).settled
    expect(settled).toEqual(['gone'])
    expect(await store.get([other])).toMatchObject([{ state: 'running', fence: 1 }])
    expect(await store.settle('w', [{ id: other, fence: 1, ...ending }])).toEqual(['applied'])
    await store.close()
  },
)
