import assert from 'node:assert/strict'
import { theme } from './promise.ts'
import { anError } from './room.ts'
import { started } from './settle.ts'

/** What a request to cancel does in each state, and who wins. */
export const cancelPromises = theme('cancel', 'L0', [
  [
    'ready',
    'a waiting job is cancelled at once, with the reason; failures and fence stay',
    async ({ add, act, see, clock, hand }) => {
      const id = await add()
      assert.equal(await act('cancel', id, 'no need'), 'done')
      const { state, reason, failures, fence, finishedAt } = await see(id)
      assert.deepEqual(
        [state, reason, failures, fence, finishedAt],
        ['cancelled', 'no need', 0, 0, clock.now()],
      )
      assert.deepEqual((await (await hand()).claim(1)).jobs, [])
    },
  ],
  [
    'scheduled',
    'a scheduled job is cancelled at once',
    async ({ add, act, see }) => {
      const id = await add({ delayMs: 5_000 })
      assert.equal(await act('cancel', id), 'done')
      assert.equal((await see(id)).state, 'cancelled')
    },
  ],
  [
    'running',
    'a running job is asked: it goes on, and its worker hears of it',
    async (room) => {
      const { id, worker, lease } = await started(room)
      assert.equal(await room.act('cancel', id, 'stop it'), 'asked')
      const { state, cancelRequested, fence } = await room.see(id)
      assert.deepEqual([state, cancelRequested, fence], ['running', 'stop it', lease.fence])
      assert.deepEqual((await worker.claim(0)).cancels, [{ id, fence: lease.fence, reason: 'stop it' }])
      const { claimed } = await room.store.exchange([], worker.ask(0))
      assert.deepEqual(claimed.cancels, [{ id, fence: lease.fence, reason: 'stop it' }])
    },
  ],
  [
    'twice',
    'a second request keeps the first reason',
    async (room) => {
      const { id } = await started(room)
      await room.act('cancel', id, 'first')
      assert.equal(await room.act('cancel', id, 'second'), 'asked')
      assert.equal((await room.see(id)).cancelRequested, 'first')
    },
  ],
  [
    'complete-wins',
    'work that is done stays done',
    async (room) => {
      const { id, worker, lease } = await started(room)
      await room.act('cancel', id, 'too late')
      await worker.settle(lease, 'complete', { result: '1' })
      const { state, result, cancelRequested, reason } = await room.see(id)
      assert.deepEqual([state, result, cancelRequested, reason], ['completed', '1', undefined, undefined])
    },
  ],
  [
    'retry',
    'a failure after a request is cancelled, not retried; the failure is charged',
    async (room) => {
      const { id, worker, lease } = await started(room)
      await room.act('cancel', id, 'stop it')
      await worker.settle(lease, 'retry', { delayMs: 1_000, error: anError() })
      const { state, failures, reason } = await room.see(id)
      assert.deepEqual([state, failures, reason], ['cancelled', 1, 'stop it'])
    },
  ],
  [
    'snooze',
    'a snooze after a request is cancelled',
    async (room) => {
      const { id, worker, lease } = await started(room)
      await room.act('cancel', id, 'stop it')
      await worker.settle(lease, 'snooze', { delayMs: 1_000 })
      assert.deepEqual([(await room.see(id)).state, (await room.see(id)).failures], ['cancelled', 0])
    },
  ],
  [
    'release',
    'a release after a request is cancelled',
    async (room) => {
      const { id, worker, lease } = await started(room)
      await room.act('cancel', id, 'stop it')
      await worker.settle(lease, 'release')
      assert.equal((await room.see(id)).state, 'cancelled')
    },
  ],
  [
    'bury',
    'a job that gave up after a request is dead all the same',
    async (room) => {
      const { id, worker, lease } = await started(room)
      await room.act('cancel', id, 'stop it')
      await worker.settle(lease, 'bury', { reason: 'exhausted', error: anError() })
      assert.deepEqual([(await room.see(id)).state, (await room.see(id)).reason], ['dead', 'exhausted'])
    },
  ],
  [
    'crash',
    'a job that was asked to stop and lost its worker is cancelled, not run again',
    async (room) => {
      const { id, worker } = await started(room)
      await room.act('cancel', id, 'stop it')
      await room.store.lapse([worker.id], 'died')
      const { state, losses, reason } = await room.see(id)
      assert.deepEqual([state, losses, reason], ['cancelled', 1, 'stop it'])
    },
  ],
  [
    'leave',
    'a job that was asked to stop and whose worker leaves is cancelled',
    async (room) => {
      const { id, worker } = await started(room)
      await room.act('cancel', id, 'stop it')
      await room.store.leave(worker.id)
      assert.equal((await room.see(id)).state, 'cancelled')
    },
  ],
  [
    'final',
    'a final job cannot be cancelled',
    async (room) => {
      const { id, worker, lease } = await started(room)
      await worker.settle(lease, 'complete')
      const before = await room.see(id)
      assert.deepEqual(await room.store.act({ verb: 'cancel', ids: [id], by: 'ada' }), [
        { outcome: 'refused', state: 'completed' },
      ])
      assert.deepEqual(await room.see(id), before)
    },
  ],
])

/** What ttl and deadline do. */
export const expirePromises = theme('expire', 'L0', [
  [
    'ttl',
    'a job that was not started within its ttl is dead, expired, without a failure',
    async ({ add, see, clock, store }) => {
      const id = await add({ ttlMs: 1_000 })
      await clock.advance(999)
      assert.equal((await store.tend(100)).expired, 0)
      await clock.advance(1)
      assert.equal((await store.tend(100)).expired, 1)
      const { state, reason, failures, finishedAt } = await see(id)
      assert.deepEqual([state, reason, failures, finishedAt], ['dead', 'expired', 0, clock.now()])
    },
  ],
  [
    'ttl-scheduled',
    'a scheduled job expires too',
    async ({ add, clock, store, states }) => {
      const id = await add({ delayMs: 60_000, ttlMs: 1_000 })
      await clock.advance(1_000)
      await store.tend(100)
      assert.deepEqual(await states([id]), ['dead'])
    },
  ],
  [
    'ttl-started',
    'a job that was started in time has outlived its ttl, through its retries',
    async (room) => {
      const { id, worker, lease } = await started(room, { ttlMs: 1_000 })
      await worker.settle(lease, 'retry', { delayMs: 5_000, error: anError() })
      await room.clock.advance(5_000)
      await room.store.tend(100)
      assert.equal((await worker.one()).id, id)
    },
  ],
  [
    'deadline',
    'a job that waits at its deadline is dead, expired, even between its retries',
    async (room) => {
      const { id, worker, lease } = await started(room, { deadlineMs: 4_000 })
      await worker.settle(lease, 'retry', { delayMs: 3_000, error: anError() })
      await room.clock.advance(4_000)
      assert.deepEqual((await worker.claim(1)).jobs, [])
      await room.store.tend(100)
      const { state, reason, failures } = await room.see(id)
      assert.deepEqual([state, reason, failures], ['dead', 'expired', 1])
    },
  ],
  [
    'deadline-running',
    'a running job is not taken away at its deadline, and may complete',
    async (room) => {
      const { id, worker, lease } = await started(room, { deadlineMs: 1_000 })
      await room.clock.advance(2_000)
      assert.equal((await room.store.tend(100)).expired, 0)
      assert.equal(await worker.settle(lease, 'complete'), 'applied')
      assert.equal((await room.see(id)).state, 'completed')
    },
  ],
  [
    'earliest',
    'expiresAt is the earlier of ttl and deadline, and the deadline once it runs',
    async (room) => {
      const id = await room.add({ ttlMs: 1_000, deadlineMs: 9_000 })
      const { createdAt, expiresAt } = await room.see(id)
      assert.equal(expiresAt, createdAt + 1_000)
      await (await room.hand()).one()
      assert.equal((await room.see(id)).expiresAt, createdAt + 9_000)
    },
  ],
])
