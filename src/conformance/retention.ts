import assert from 'node:assert/strict'
import type { RetentionPolicy } from '../store/index.ts'
import { theme } from './promise.ts'
import { anError, dice, findAll, queue, recount, type Room } from './room.ts'
import { rule } from './unique.ts'

const never = { completed: null, cancelled: null, dead: null }
const day = 86_400_000

const order = ({ store }: Room, to: RetentionPolicy | null, deployedAt?: number) =>
  store.retention.set({ to, by: 'ada', ...(deployedAt !== undefined && { deployedAt }) })

/** Jobs that end one after the other, in this order, a second apart. */
async function ended(
  room: Room,
  n: number,
  how: 'complete' | 'bury' | 'cancel' = 'complete',
  fields: Parameters<Room['job']>[0] = {},
): Promise<readonly string[]> {
  const name = fields.queue ?? queue
  const worker = await room.hand({ queues: [name] })
  const ids: string[] = []
  for (let i = 0; i < n; i++) {
    await room.clock.advance(1_000)
    ids.push(await room.add(fields))
    const lease = await worker.one({ queues: [{ name, limit: 1 }] })
    const error = how === 'bury' ? { reason: 'exhausted', error: anError() } : {}
    assert.equal(await worker.settle(lease, how, error), 'applied')
  }
  return ids
}

async function tendAll({ store }: Room, budget = 100): Promise<number> {
  let removed = 0
  for (let calls = 0; calls < 200; calls++) {
    const done = await store.tend(budget)
    removed += done.removed
    if (!done.more) return removed
  }
  throw new assert.AssertionError({ message: 'upkeep comes to an end' })
}

const there = async (room: Room, ids: readonly string[]) =>
  (await room.states(ids)).map((state) => (state === 'gone' ? '-' : 'x')).join('')

/** What a store keeps of finished jobs: one policy for all processes. */
export const policyPromises = theme('policy', 'L0', [
  [
    'count',
    'at most so many jobs of a final state are kept, those that ended last',
    async (room) => {
      await order(room, { completed: { count: 3 } })
      const ids = await ended(room, 5, 'complete', { retain: never })
      const dead = await ended(room, 4, 'bury')
      assert.equal(await tendAll(room), 2)
      assert.equal(await there(room, ids), '--xxx')
      assert.equal(await there(room, dead), 'xxxx')
      await recount(room.store)
    },
    { lacks: 'apart' },
  ],
  [
    'states',
    'each final state has its own limits',
    async (room) => {
      await order(room, { completed: { count: 1 }, dead: { count: 2 }, cancelled: { count: 3 } })
      const all = [await ended(room, 4), await ended(room, 4, 'bury'), await ended(room, 4, 'cancel')]
      await tendAll(room)
      assert.deepEqual(await Promise.all(all.map((ids) => there(room, ids))), ['---x', '--xx', '-xxx'])
    },
    { lacks: 'apart' },
  ],
  [
    'queue',
    'a queue has limits of its own, besides those of the store',
    async (room) => {
      await order(room, { completed: { count: 4 }, queues: { mail: { completed: { count: 1 } } } })
      const mail = await ended(room, 3, 'complete', { queue: 'mail' })
      const rest = await ended(room, 5)
      await tendAll(room)
      assert.equal(await there(room, mail), '---')
      assert.equal(await there(room, rest), '-xxxx')
    },
    { lacks: 'apart' },
  ],
  [
    'bytes',
    'jobs of a final state weigh at most so much; the oldest go until the rest fits',
    async (room) => {
      const payload = JSON.stringify('x'.repeat(10_000))
      await order(room, { completed: { bytes: 35_000 } })
      const ids = await ended(room, 6, 'complete', { payload })
      await tendAll(room)
      assert.equal(await there(room, ids), '---xxx')
      await order(room, { completed: { bytes: 15_000 } })
      await tendAll(room)
      assert.equal(await there(room, ids), '-----x')
    },
    { lacks: 'apart' },
  ],
  [
    'weight',
    'results, errors and log lines count as bytes',
    async (room) => {
      await order(room, { completed: { bytes: 20_000 }, dead: { bytes: 9_000 } })
      const [told] = [await room.hand()]
      const [first, second, third] = await room.addMany(3)
      const text = 'é'.repeat(4_000)
      for (let n = 0; n < 2; n++) {
        await room.clock.advance(1_000)
        const lease = await told.one()
        await room.store.record(told.id, [{ ...lease, logs: [{ agoMs: 0, level: 'info', message: text }] }])
        await told.settle(lease, 'complete', { result: JSON.stringify(text) })
      }
      const last = await told.one()
      await told.settle(last, 'bury', { reason: 'exhausted', error: anError('x'.repeat(10_000)) })
      await tendAll(room)
      assert.deepEqual(await room.states([first ?? '', second ?? '', third ?? '']), [
        'gone',
        'completed',
        'gone',
      ])
    },
    { lacks: 'apart' },
  ],
  [
    'age',
    'an age of the store is for jobs whose task says none of its own',
    async (room) => {
      await order(room, { dead: { ageMs: 10 * day }, completed: { ageMs: 2 * day } })
      const plain = await ended(room, 1, 'bury')
      const own = await ended(room, 1, 'bury', { retain: { completed: day, cancelled: day, dead: 20 * day } })
      const done = await ended(room, 1)
      await room.clock.advance(day + 5_000)
      await tendAll(room)
      assert.equal(await there(room, [...plain, ...own, ...done]), 'xxx')
      await room.clock.advance(9 * day)
      await tendAll(room)
      assert.equal(await there(room, [...plain, ...own, ...done]), '-x-')
      await room.clock.advance(10 * day)
      await tendAll(room)
      assert.equal(await there(room, own), '-')
    },
  ],
  [
    'queue-age',
    'an age of the queue comes before that of the store, and may be without end',
    async (room) => {
      await order(room, {
        completed: { ageMs: 5_000 },
        queues: { mail: { completed: { ageMs: 60_000 } }, kept: { completed: { ageMs: null } } },
      })
      const [plain] = await ended(room, 1)
      const [mail] = await ended(room, 1, 'complete', { queue: 'mail' })
      const [kept] = await ended(room, 1, 'complete', { queue: 'kept' })
      await room.clock.advance(10_000)
      await tendAll(room)
      assert.equal(await there(room, [plain ?? '', mail ?? '', kept ?? '']), '-xx')
      await room.clock.advance(400 * day)
      await tendAll(room)
      assert.equal(await there(room, [mail ?? '', kept ?? '']), '-x')
    },
  ],
  [
    'before',
    'a policy holds for what ended before it was set; when it is lifted, all is as it was',
    async (room) => {
      const ids = await ended(room, 5, 'bury')
      await order(room, { dead: { ageMs: 3_500 } })
      await tendAll(room)
      assert.equal(await there(room, ids), '-xxxx')
      await order(room, null)
      await room.clock.advance(400 * day)
      await tendAll(room)
      assert.equal(await there(room, ids), '-xxxx')
      await order(room, { dead: { count: 1 } })
      await tendAll(room)
      assert.equal(await there(room, ids), '----x')
    },
    { lacks: 'apart' },
  ],
  [
    'live',
    'no job that waits or runs is ever removed, and a job that was brought back counts no more',
    async (room) => {
      await order(room, { completed: { count: 1, bytes: 1 }, dead: { count: 1 }, cancelled: { count: 1 } })
      const waiting = await room.addMany(5, { delayMs: day })
      const [first, second] = await ended(room, 2, 'bury')
      await room.act('retry', first ?? '')
      assert.equal(await tendAll(room), 0)
      assert.equal(await there(room, [...waiting, first ?? '', second ?? '']), 'xxxxxxx')
      await room.clock.advance(1_000)
      const worker = await room.hand()
      await worker.settle(await worker.one(), 'bury', { reason: 'exhausted', error: anError() })
      await tendAll(room)
      // It died last, so it stays.
      assert.equal(await there(room, [first ?? '', second ?? '']), 'x-')
      await recount(room.store)
    },
    { lacks: 'apart' },
  ],
  [
    'removed',
    'whatever way jobs leave, the weights are right',
    async (room) => {
      const payload = JSON.stringify('x'.repeat(1_000))
      await order(room, { dead: { bytes: 10_000 } })
      const ids = await ended(room, 9, 'bury', { payload })
      await tendAll(room)
      const left = (await there(room, ids)).replaceAll('-', '').length
      assert.ok(left >= 4 && left <= 6, `${left} are left`)
      for (const id of ids.slice(-3)) await room.act('remove', id)
      const more = await ended(room, 3, 'bury', { payload })
      assert.equal(await tendAll(room), 0)
      assert.equal(await there(room, more), 'xxx')
    },
    { lacks: 'apart' },
  ],
  [
    'key',
    'a job that holds its unique key for a time is not taken by count or bytes',
    async (room) => {
      const ofQueue = { [queue]: { completed: { count: 1 } } }
      await order(room, { completed: { bytes: 1_000 }, queues: ofQueue })
      const [keyed] = await ended(room, 1, 'complete', rule('present', { forMs: 3_600_000 }))
      const rest = await ended(room, 3)
      await tendAll(room)
      assert.equal(await there(room, [keyed ?? '', ...rest]), 'x---')
    },
  ],
  [
    'budget',
    'a policy removes in bounded pieces, and the counters follow',
    async (room) => {
      await ended(room, 12, 'bury')
      await order(room, { dead: { count: 2 } })
      const first = await room.store.tend(4)
      assert.deepEqual([first.removed, first.more], [4, true])
      await recount(room.store)
      assert.equal(await tendAll(room, 4), 6)
      assert.equal((await room.count()).states.dead, 2)
      const [group] = await room.store.failures.list({})
      assert.equal(group?.count, 2)
      await recount(room.store)
    },
    { lacks: 'apart' },
  ],
  [
    'again',
    'a policy that is set again changes nothing, and one of an older release is not heard',
    async (room) => {
      const policy = { completed: { count: 5, ageMs: day }, queues: { mail: { dead: { count: 1 } } } }
      assert.equal(await room.store.retention.get(), undefined)
      assert.equal(await order(room, policy, 1_000), 'set')
      const same = { queues: policy.queues, completed: { ageMs: day, count: 5 } }
      assert.equal(await order(room, same, 2_000), 'same')
      assert.equal(await order(room, { completed: { count: 9 } }, 500), 'older')
      const stands = await room.store.retention.get()
      assert.deepEqual(stands, { policy, by: 'ada', at: room.clock.now(), deployedAt: 1_000 })
      assert.equal(await order(room, { completed: { count: 9 } }, 3_000), 'set')
      assert.equal(await order(room, null), 'set')
      assert.equal(await room.store.retention.get(), undefined)
      assert.equal(await order(room, null), 'same')
    },
  ],
  [
    'name',
    'a queue may have any name',
    async (room) => {
      const names = ['constructor', 'toString', '__proto__x']
      await order(room, {
        queues: Object.fromEntries(names.map((name) => [name, { completed: { count: 1 } }])),
      })
      for (const name of names) await ended(room, 2, 'complete', { queue: name })
      await ended(room, 2, 'complete', { queue: 'valueOf' })
      await tendAll(room)
      assert.equal((await findAll(room.store)).length, 5)
    },
  ],
  [
    'mixed',
    'whatever ends in whatever order, what stays is what ended last',
    async (room) => {
      const random = dice(7)
      await order(room, { completed: { count: 4 }, dead: { count: 3 } })
      const by: Record<'complete' | 'bury', string[]> = { complete: [], bury: [] }
      const worker = await room.hand()
      await room.addMany(30)
      const { jobs } = await worker.claim(30)
      const left = [...jobs]
      while (left.length > 0) {
        const [lease] = left.splice(Math.floor(random() * left.length), 1)
        if (!lease) break
        await room.clock.advance(10)
        const how = random() < 0.5 ? 'complete' : 'bury'
        await worker.settle(lease, how, how === 'bury' ? { reason: 'exhausted', error: anError() } : {})
        by[how].push(lease.id)
        if (random() < 0.2) await room.store.tend(2)
      }
      await tendAll(room)
      const kept = (await findAll(room.store)).map(({ id }) => id).sort()
      assert.deepEqual(kept, [...by.complete.slice(-4), ...by.bury.slice(-3)].sort())
    },
    { lacks: 'apart' },
  ],
])
