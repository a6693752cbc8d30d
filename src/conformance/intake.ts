import assert from 'node:assert/strict'
import type { QueueLimits } from '../store/index.ts'
import { theme } from './promise.ts'
import { queue, recount, type Room } from './room.ts'
import { rule } from './unique.ts'

export const limit = ({ store }: Room, limits: QueueLimits | null, name = queue) =>
  store.setQueues([{ name, limits: limits && { ...limits, by: 'ada' } }])

export const outcomes = async ({ store, job }: Room, n: number, fields: Parameters<Room['job']>[0] = {}) =>
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
    'a queue takes only so many new jobs in a span of time, and tells when the next one fits',
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
      await room.clock.advance(599)
      assert.deepEqual(await outcomes(room, 1), ['refused'])
      await room.clock.advance(1)
      assert.deepEqual(await outcomes(room, 2), ['created', 'refused'])
    },
  ],
  [
    'rate-exact',
    'in no span of the length of a rate do more jobs come than it says, also around the turn of any',
    async (room) => {
      const [max, everyMs] = [3, 1_000]
      await limit(room, { enqueueRate: { max, everyMs } })
      const cameAt: number[] = []
      for (let turn = 0; turn < 60; turn++) {
        const answers = await outcomes(room, 1 + (turn % 3))
        for (const outcome of answers) if (outcome === 'created') cameAt.push(room.clock.now())
        await room.clock.advance([10, 350, 130, 5][turn % 4] as number)
      }
      for (const [i, at] of cameAt.entries()) {
        const later = cameAt[i + max]
        assert.ok(later === undefined || later - at >= everyMs, `${max + 1} jobs in ${(later ?? 0) - at} ms`)
      }
      // And no fewer than there is room for: each place is taken again soon after it is free.
      const spanMs = (cameAt.at(-1) ?? 0) - (cameAt[0] ?? 0)
      assert.ok(
        cameAt.length >= Math.floor(spanMs / (everyMs + 350)) * max,
        `${cameAt.length} in ${spanMs} ms`,
      )
    },
  ],
  [
    'rate-large',
    'a rate of many jobs is never exceeded either, and what it tells of the next place is true',
    async (room) => {
      const [max, everyMs] = [500, 1_000]
      await limit(room, { enqueueRate: { max, everyMs } })
      const created = async (n: number) => (await outcomes(room, n)).filter((one) => one === 'created').length
      assert.equal(await created(250), 250)
      await room.clock.advance(3)
      assert.equal(await created(250), 250)
      await room.clock.advance(900)
      const [answer] = await room.store.enqueue([room.job()])
      assert.ok(answer?.outcome === 'refused' && answer.refusal.because === 'enqueue-rate')
      const { retryAfterMs } = answer.refusal
      assert.ok(retryAfterMs >= 97 && retryAfterMs <= 97 + everyMs / 200, `after ${retryAfterMs} ms`)
      await room.clock.advance(retryAfterMs)
      assert.equal(await created(1), 1)
    },
  ],
  [
    'rate-batch',
    'each job that a call is refused is told of a place of its own',
    async (room) => {
      await limit(room, { enqueueRate: { max: 2, everyMs: 1_000 } })
      await outcomes(room, 1)
      await room.clock.advance(400)
      const answers = await room.store.enqueue([room.job(), room.job(), room.job()], { allOrNone: true })
      assert.deepEqual(
        answers.map(
          (one) => one.outcome === 'refused' && 'retryAfterMs' in one.refusal && one.refusal.retryAfterMs,
        ),
        [false, 600, 1_000],
      )
    },
  ],
  [
    'changed',
    'a new rate counts what came before it, and a rate that was lifted forgets',
    async (room) => {
      await limit(room, { enqueueRate: { max: 3, everyMs: 1_000 } })
      await outcomes(room, 2)
      await limit(room, { enqueueRate: { max: 2, everyMs: 1_000 } })
      assert.deepEqual(await outcomes(room, 1), ['refused'])
      await limit(room, null)
      await limit(room, { enqueueRate: { max: 2, everyMs: 1_000 } })
      assert.deepEqual(await outcomes(room, 3), ['created', 'created', 'refused'])
    },
  ],
  [
    'declared',
    'what code declares is written where the declaration before is the one that it was decided against, and seen',
    async (room) => {
      const { store } = room
      const declare = (digest: string, max: number, instead?: string) =>
        store.setQueues([
          {
            name: queue,
            limits: { maxWaiting: max, by: 'code' },
            declared: { digest, deployedAt: 5, ...(instead !== undefined && { instead }) },
          },
        ])
      const seen = async () => {
        const { limits, declared } = await room.count()
        return [limits?.maxWaiting, declared?.digest, declared?.deployedAt]
      }
      await declare('a', 1, 'nothing of the kind')
      assert.equal((await store.counts([queue])).length, 0)
      await declare('a', 1)
      assert.deepEqual(await seen(), [1, 'a', 5])
      await declare('b', 2)
      assert.deepEqual(await seen(), [1, 'a', 5])
      await limit(room, { maxWaiting: 7 })
      assert.deepEqual(await seen(), [7, 'a', 5])
      await declare('b', 2, 'a')
      assert.deepEqual(await seen(), [2, 'b', 5])
      await store.setQueues([{ name: queue, declared: null }])
      assert.deepEqual(await seen(), [2, undefined, undefined])
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
