import assert from 'node:assert/strict'
import type { QueueLimits } from '../store/index.ts'
import { theme } from './promise.ts'
import { queue, recount, type Room } from './room.ts'
import { rule } from './unique.ts'

const limit = ({ store }: Room, limits: QueueLimits | null, name = queue) =>
  store.setQueues([{ name, limits: limits && { ...limits, by: 'ada' } }])

const outcomes = async ({ store, job }: Room, n: number, fields: Parameters<Room['job']>[0] = {}) =>
  (await store.enqueue(Array.from({ length: n }, () => job(fields)))).map(({ outcome }) => outcome)

export const intakePromises = theme('intake', 'L0', [
  [
    'full',
    'a queue with as many waiting jobs as it may have refuses new ones, each for itself, and says so',
    async (room) => {
      const { store, job } = room
      await limit(room, { maxWaiting: 2 })
      assert.deepEqual(await outcomes(room, 1, { delayMs: 5_000 }), ['created'])
      assert.deepEqual(await outcomes(room, 2), ['created', 'refused'])
      const [answer] = await store.enqueue([job()])
      assert.equal(answer?.outcome, 'refused')
      assert.equal(answer.refusal.because, 'queue-full')
      assert.deepEqual(await outcomes(room, 1, { queue: 'other' }), ['created'])
      await recount(store)
    },
  ],
  [
    'room',
    'jobs that run take no room, and a job that comes back into line is never refused',
    async (room) => {
      await limit(room, { maxWaiting: 1 })
      await outcomes(room, 1)
      const worker = await room.hand()
      const job = await worker.one()
      assert.deepEqual(await outcomes(room, 1), ['created'])
      assert.equal(await worker.settle(job, 'retry', { delayMs: 0 }), 'applied')
      assert.equal((await room.count()).states.ready, 2)
    },
  ],
  [
    'rate',
    'a queue takes only so many new jobs in a window, and tells when the window ends',
    async (room) => {
      await limit(room, { enqueueRate: { max: 2, everyMs: 1_000 } })
      await outcomes(room, 1)
      await room.clock.advance(400)
      assert.deepEqual(await outcomes(room, 2), ['created', 'refused'])
      const [answer] = await room.store.enqueue([room.job()])
      assert.deepEqual(answer?.outcome === 'refused' && answer.refusal, {
        because: 'enqueue-rate',
        queue,
        max: 2,
        everyMs: 1_000,
        retryAfterMs: 600,
      })
      await room.clock.advance(600)
      assert.deepEqual(await outcomes(room, 3), ['created', 'created', 'refused'])
    },
  ],
  [
    'known',
    'an id that is known, and a job whose twin stands for it, are no new jobs and never refused',
    async (room) => {
      const { store, job } = room
      const [one, keyed] = [job(), job(rule())]
      await store.enqueue([one, keyed])
      await limit(room, { maxWaiting: 0, enqueueRate: { max: 1, everyMs: 1_000 } })
      const again = await store.enqueue([
        one,
        job(rule()),
        job(rule('incomplete', { onConflict: 'replace' })),
      ])
      assert.deepEqual(
        again.map(({ outcome }) => outcome),
        ['duplicate', 'existing', 'replaced'],
      )
    },
  ],
  [
    'all-or-none',
    'an all-or-none call that does not fit writes nothing and takes nothing of the window',
    async (room) => {
      await limit(room, { enqueueRate: { max: 2, everyMs: 1_000 } })
      const jobs = [room.job(), room.job(), room.job()]
      const answers = await room.store.enqueue(jobs, { allOrNone: true })
      assert.deepEqual(
        answers.map((answer) => answer.outcome === 'refused' && answer.refusal.because),
        ['batch', 'batch', 'enqueue-rate'],
      )
      assert.deepEqual(await room.states(jobs.map(({ id }) => id)), ['gone', 'gone', 'gone'])
      assert.deepEqual(await outcomes(room, 2), ['created', 'created'])
    },
  ],
  [
    'seen',
    'limits are seen in the counts, are kept by a pause, and are lifted by null',
    async (room) => {
      const limits = { maxWaiting: 5, enqueueRate: { max: 2, everyMs: 1_000 } }
      await limit(room, limits)
      assert.deepEqual((await room.count()).limits, limits)
      await room.store.setQueues([{ name: queue, paused: { reason: 'repair', by: 'ada' } }])
      assert.deepEqual((await room.count()).limits, limits)
      await limit(room, null)
      const { limits: none, paused } = await room.count()
      assert.deepEqual([none, paused?.by], [undefined, 'ada'])
      assert.deepEqual(await outcomes(room, 3), ['created', 'created', 'created'])
    },
  ],
])
