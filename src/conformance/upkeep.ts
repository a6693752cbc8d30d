import assert from 'node:assert/strict'
import { theme } from './promise.ts'
import { anError, recount } from './room.ts'
import { started } from './settle.ts'

const never = { completed: null, cancelled: null, dead: null }

/** What time alone does, by whoever calls `tend`. */
export const upkeepPromises = theme('tend', 'L0', [
  [
    'promote',
    'tend makes due jobs ready: failures, fence and the time they became available stay',
    async ({ add, store, clock, see }) => {
      const id = await add({ delayMs: 1_000 })
      const { availableAt } = await see(id)
      await clock.advance(5_000)
      assert.equal((await store.tend(100)).promoted, 1)
      const seen = await see(id)
      assert.deepEqual(
        [seen.state, seen.failures, seen.fence, seen.availableAt],
        ['ready', 0, 0, availableAt],
      )
    },
  ],
  [
    'nothing',
    'tend with nothing to do does nothing and says so',
    async ({ store, addMany }) => {
      await addMany(3)
      assert.deepEqual(await store.tend(100), { promoted: 0, lapsed: 0, expired: 0, removed: 0, more: false })
    },
  ],
  [
    'budget',
    'tend does a bounded piece and says when there is more',
    async ({ addMany, store, clock, count }) => {
      await addMany(25, { delayMs: 1_000 })
      await addMany(25, { ttlMs: 1_000 })
      await clock.advance(1_000)
      const first = await store.tend(10)
      assert.ok(
        first.promoted <= 10 && first.expired <= 10 && first.promoted + first.expired > 0,
        JSON.stringify(first),
      )
      assert.equal(first.more, true)
      for (let calls = 0; (await store.tend(10)).more; calls++)
        assert.ok(calls < 50, 'upkeep comes to an end')
      const { states } = await count()
      assert.deepEqual([states.ready, states.dead, states.scheduled], [25, 25, 0])
    },
  ],
  [
    'again',
    'calling tend again and again does nothing twice',
    async (room) => {
      const id = await room.add()
      await (await room.hand({ ttlMs: 100 })).one()
      await room.clock.advance(200)
      for (let i = 0; i < 3; i++) await room.store.tend(100)
      const { losses, fence, attempts } = await room.see(id)
      assert.deepEqual([losses, fence, attempts?.length], [1, 2, 1])
    },
  ],
])

/** How long finished jobs are kept. */
export const retentionPromises = theme('retention', 'L0', [
  [
    'age',
    'a finished job is removed when it is as old as its retention says, not before',
    async (room) => {
      const { id, worker, lease } = await started(room, { retain: { ...never, completed: 5_000 } })
      await room.clock.advance(4_000)
      await worker.settle(lease, 'complete')
      await room.clock.advance(4_999)
      assert.equal((await room.store.tend(100)).removed, 0)
      await room.clock.advance(1)
      assert.equal((await room.store.tend(100)).removed, 1)
      assert.deepEqual(await room.states([id]), ['gone'])
    },
  ],
  [
    'by-state',
    'each final state has its own retention',
    async (room) => {
      const retain = { completed: 1_000, cancelled: 2_000, dead: 3_000 }
      const ids = await room.addMany(3, { retain })
      const worker = await room.hand()
      const { jobs } = await worker.claim(2)
      await worker.settle(jobs[0] ?? { id: '', fence: 0 }, 'complete')
      await worker.settle(jobs[1] ?? { id: '', fence: 0 }, 'bury', { reason: 'exhausted', error: anError() })
      await room.act('cancel', ids[2] as string)
      const kept: string[] = []
      for (let i = 0; i < 3; i++) {
        await room.clock.advance(1_000)
        await room.store.tend(100)
        kept.push((await room.states(ids)).join(' '))
      }
      assert.deepEqual(kept, ['gone dead cancelled', 'gone dead gone', 'gone gone gone'])
    },
  ],
  [
    'for-ever',
    'a job that is kept until somebody removes it stays',
    async (room) => {
      const { id, worker, lease } = await started(room, { retain: never })
      await worker.settle(lease, 'bury', { reason: 'exhausted', error: anError() })
      await room.clock.advance(400 * 86_400_000)
      await room.store.tend(100)
      assert.deepEqual(await room.states([id]), ['dead'])
    },
  ],
  [
    'zero',
    'a retention of nothing removes the job with the next upkeep',
    async (room) => {
      const { id, worker, lease } = await started(room, { retain: { ...never, completed: 0 } })
      await worker.settle(lease, 'complete')
      await room.store.tend(100)
      assert.deepEqual(await room.states([id]), ['gone'])
    },
  ],
  [
    'revived',
    'a job that was brought back is not removed by its old age',
    async (room) => {
      const { id, worker, lease } = await started(room, { retain: { ...never, completed: 1_000 } })
      await worker.settle(lease, 'complete')
      await room.act('retry', id)
      await room.clock.advance(2_000)
      assert.equal((await room.store.tend(100)).removed, 0)
      assert.deepEqual(await room.states([id]), ['ready'])
    },
  ],
  [
    'batches',
    'retention removes in bounded batches, and the counters follow',
    async (room) => {
      await room.addMany(30, { retain: { ...never, completed: 100 } })
      const worker = await room.hand()
      const { jobs } = await worker.claim(30)
      await room.store.settle(
        worker.id,
        jobs.map(({ id, fence }) => ({ id, fence, move: 'complete' as const })),
      )
      await room.clock.advance(100)
      const first = await room.store.tend(10)
      assert.ok(first.removed > 0 && first.removed <= 10, `removed ${first.removed}`)
      assert.equal(first.more, true)
      await recount(room.store)
      for (let calls = 0; (await room.store.tend(10)).more; calls++) assert.ok(calls < 20)
      assert.equal((await room.count()).states.completed, 0)
      await recount(room.store)
    },
  ],
  [
    'anew',
    'the id of a job that retention removed may be used again',
    async (room) => {
      const { id, worker, lease } = await started(room, { retain: { ...never, completed: 0 } })
      await worker.settle(lease, 'complete', { result: '1' })
      await room.store.tend(100)
      assert.equal((await room.store.enqueue([room.job({ id })]))[0]?.outcome, 'created')
      const { attempts, result, fence } = await room.see(id)
      assert.deepEqual([attempts, result, fence], [[], undefined, 0])
    },
  ],
])
