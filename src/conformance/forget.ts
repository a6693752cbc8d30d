import assert from 'node:assert/strict'
import { defaults } from '../job/defaults.ts'
import { theme } from './promise.ts'
import { anError, queue } from './room.ts'
import { started } from './settle.ts'

const { goneWorkers, audit, bulks } = defaults.keep
const never = { completed: null, cancelled: null, dead: null }

/** What is no job is kept for its time, too. */
export const forgetPromises = theme('forget', 'L0', [
  [
    'worker',
    'attempts name who ran them for as long as gone workers are remembered, and stay when they are not',
    async (room) => {
      const { id, worker, lease } = await started(room, { retain: never })
      await worker.settle(lease, 'bury', { reason: 'exhausted', error: anError() })
      await room.store.leave(worker.id)
      const other = await room.hand({ id: 'w-later' })
      const before = await room.store.changes({ limit: 100 })
      await room.clock.advance(goneWorkers.ageMs - 1)
      await room.store.tend(100)
      assert.equal((await room.see(id)).attempts?.[0]?.worker, worker.id)
      await room.clock.advance(1)
      await room.store.tend(100)
      const { attempts, state } = await room.see(id)
      assert.deepEqual([state, attempts?.length], ['dead', 1])
      assert.deepEqual([attempts?.[0]?.worker, attempts?.[0]?.ranOn], ['forgotten', 'forgotten'])
      assert.equal(await worker.settle(lease, 'complete'), 'stale')
      await room.store.lapse([other.id], 'it died')
      // Who is named forgotten is told of, and is the one before for whoever runs the job next.
      await room.act('retry', id)
      const next = await (await room.hand({ id: 'w-next' })).one()
      assert.deepEqual([next.previous?.worker, next.attempt], ['forgotten', 2])
      assert.ok((await room.store.changes({ after: before.cursor, limit: 100 })).items.length > 0)
    },
  ],
  [
    'number',
    'the newest worker is remembered, so that nobody runs under the number of another',
    async (room) => {
      const { id, worker, lease } = await started(room, { retain: never })
      await worker.settle(lease, 'bury', { reason: 'exhausted', error: anError() })
      await room.store.leave(worker.id)
      await room.clock.advance(2 * goneWorkers.ageMs)
      await room.store.tend(100)
      await room.hand({ id: 'w-anew' })
      assert.equal((await room.see(id)).attempts?.[0]?.worker, worker.id)
    },
  ],
  [
    'alive',
    'a worker that lives is never forgotten',
    async (room) => {
      const { id, worker, lease } = await started(room, { retain: never })
      const ttlMs = goneWorkers.ageMs / 4
      for (let beats = 0; beats < 6; beats++) {
        assert.equal((await room.store.beat({ worker: worker.id, ttlMs })).lease, 'held')
        await room.clock.advance(ttlMs - 1)
      }
      await room.hand({ id: 'w-newer' })
      await room.store.tend(100)
      assert.equal(await worker.settle(lease, 'complete'), 'applied')
      assert.equal((await room.see(id)).attempts?.[0]?.worker, worker.id)
    },
  ],
  [
    'act',
    'what people did is told for as long as it is kept; a cursor of before goes on behind it',
    async ({ store, clock }) => {
      const pause = (by: string) => store.setQueues([{ name: queue, paused: { reason: 'repair', by } }])
      const told = async (after: string) =>
        (await store.changes({ after, limit: 100 })).items.map((one) => one.kind === 'acted' && one.by)
      const { cursor } = await store.changes({ limit: 1 })
      await pause('ada')
      await clock.advance(1_000)
      await pause('bob')
      const between = (await store.changes({ after: cursor, limit: 100 })).cursor
      await clock.advance(audit.ageMs - 1_000)
      await store.tend(100)
      assert.deepEqual(await told(cursor), ['bob'])
      await pause('eve')
      assert.deepEqual(await told(between), ['eve'])
      await clock.advance(audit.ageMs)
      await store.tend(100)
      assert.deepEqual(await told(cursor), [])
      await pause('ida')
      assert.deepEqual([await told(cursor), await told(between)], [['ida'], ['ida']])
    },
  ],
  [
    'bulk',
    'a bulk operation is kept for its time after it ended or was stopped, and as long as it is open',
    async ({ store, clock }) => {
      const plan = { kind: 'purge', filter: {}, by: 'ada', driver: 'd' } as const
      for (const id of ['done', 'stopped', 'open']) await store.bulk.start({ ...plan, id })
      await store.bulk.step({ id: 'done', driver: 'd', from: 0, to: 0, jobs: [], isEnd: true })
      await store.bulk.set({ id: 'stopped', to: 'stopped', by: 'ada' })
      const known = async () => (await store.bulk.list()).map(({ id }) => id).sort()
      await clock.advance(bulks.ageMs - 1)
      await store.tend(100)
      assert.deepEqual(await known(), ['done', 'open', 'stopped'])
      await clock.advance(1)
      const { undriven, ...done } = await store.tend(100)
      assert.deepEqual(done, { promoted: 0, lapsed: 0, expired: 0, removed: 0, more: false })
      assert.deepEqual([undriven, await known()], [['open'], ['open']])
    },
  ],
])

const { everyMs, ageMs } = defaults.keep.samples

/** What the store says of its own size. */
export const sizePromises = theme('size', 'L0', [
  [
    'now',
    'the size says how many jobs came, live and are kept, and when the next one leaves by its age',
    async (room) => {
      const first = await started(room)
      await first.worker.settle(first.lease, 'complete')
      const second = await started(room)
      await second.worker.settle(second.lease, 'bury', { reason: 'exhausted', error: anError() })
      await room.addMany(3)
      const { now, nextRemovalAt } = await room.store.retention.size()
      const { bytes: _, ...counted } = now
      const at = room.clock.now()
      assert.deepEqual(counted, { at, enqueued: 5, live: 3, completed: 1, dead: 1, cancelled: 0 })
      assert.equal(nextRemovalAt, at + defaults.retain.completed)
    },
  ],
  [
    'before',
    'upkeep notes the size now and then, so that the growth of an hour, a day and a week can be told',
    async ({ store, clock, addMany }) => {
      const start = clock.now()
      assert.deepEqual((await store.retention.size()).before, [undefined, undefined, undefined])
      for (let ms = 0; ms < 2 * 86_400_000; ms += everyMs / 2) {
        await store.tend(10)
        if (ms % 3_600_000 === 0) await addMany(1)
        await clock.advance(everyMs / 2)
      }
      const { now, before } = await store.retention.size()
      assert.equal(now.enqueued, 48)
      assert.deepEqual(
        before.map((sample) => sample && [now.at - sample.at, sample.enqueued]),
        [
          [3_600_000, 47],
          [86_400_000, 24],
          [clock.now() - start, 0],
        ],
      )
      await clock.advance(ageMs)
      await store.tend(10)
      assert.deepEqual(
        (await store.retention.size()).before.map((sample) => sample?.at),
        [clock.now(), clock.now(), clock.now()],
      )
    },
  ],
  [
    'back',
    'a clock that was set back spoils no later look',
    async ({ store, clock }) => {
      await store.tend(10)
      clock.jump(-3_600_000)
      await store.tend(10)
      const { now, before } = await store.retention.size()
      assert.deepEqual(before[0]?.at, now.at)
    },
  ],
])
