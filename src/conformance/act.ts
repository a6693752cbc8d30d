import assert from 'node:assert/strict'
import { theme } from './promise.ts'
import { anError, queue, type Room } from './room.ts'
import { started } from './settle.ts'

/** What a person can do to a job. */
export const actPromises = theme('act', 'L0', [
  [
    'retry-dead',
    'a dead job that a person retries is ready, failures 0, fence and attempt as they were, history kept',
    async (room) => {
      const id = await buried(room)
      assert.equal(await room.act('retry', id), 'done')
      const { state, failures, fence, attempt, attempts, reason, finishedAt, availableAt } =
        await room.see(id)
      assert.deepEqual(
        [state, failures, fence, attempt, reason, finishedAt],
        ['ready', 0, 1, 1, undefined, undefined],
      )
      assert.deepEqual([attempts?.length, availableAt], [1, room.clock.now()])
    },
  ],
  [
    'retry-runs',
    'a job that was retried runs again as its next attempt, under a higher fence',
    async (room) => {
      const id = await buried(room)
      await room.act('retry', id)
      const job = await (await room.hand()).one()
      assert.deepEqual([job.id, job.attempt, job.fence, job.failures], [id, 2, 2, 0])
    },
  ],
  [
    'retry-completed',
    'a completed job can be run again; its old result is gone',
    async (room) => {
      const { id, worker, lease } = await started(room)
      await worker.settle(lease, 'complete', { result: '1' })
      assert.equal(await room.act('retry', id), 'done')
      const { state, result } = await room.see(id)
      assert.deepEqual([state, result], ['ready', undefined])
    },
  ],
  [
    'retry-cancelled',
    'a cancelled job can be brought back, and is not asked to stop any more',
    async (room) => {
      const { id, worker, lease } = await started(room)
      await room.act('cancel', id, 'stop')
      await worker.settle(lease, 'release')
      assert.equal(await room.act('retry', id), 'done')
      const again = await worker.one()
      assert.equal((await worker.claim(0)).cancels.length, 0)
      assert.equal(await worker.settle(again, 'release'), 'applied')
      assert.equal((await room.see(id)).state, 'ready')
    },
  ],
  [
    'retry-waiting',
    'retrying a job that waits for its retry runs it now; its failures stay',
    async (room) => {
      const { id, worker, lease } = await started(room)
      await worker.settle(lease, 'retry', { delayMs: 60_000, error: anError() })
      assert.equal(await room.act('retry', id), 'done')
      const { state, failures } = await room.see(id)
      assert.deepEqual([state, failures], ['ready', 1])
    },
  ],
  [
    'retry-refused',
    'a ready, a running and a newly scheduled job cannot be retried',
    async (room) => {
      const { id: running } = await started(room)
      const [ready, scheduled] = [await room.add(), await room.add({ delayMs: 9_000 })]
      const answers = await room.store.act({ verb: 'retry', ids: [ready, running, scheduled], by: 'ada' })
      assert.deepEqual(answers, [
        { outcome: 'refused', state: 'ready' },
        { outcome: 'refused', state: 'running' },
        { outcome: 'refused', state: 'scheduled' },
      ])
    },
  ],
  [
    'retry-deadline',
    'a deadline counts anew from a person’s retry',
    async (room) => {
      const id = await room.add({ deadlineMs: 1_000 })
      await room.clock.advance(1_000)
      await room.store.tend(10)
      await room.act('retry', id)
      assert.equal((await room.see(id)).expiresAt, room.clock.now() + 1_000)
      await room.clock.advance(999)
      assert.equal((await (await room.hand()).one()).deadlineAt, room.clock.now() + 1)
    },
  ],
  [
    'retry-repeat',
    'an old ending sent again after a person’s retry does not end the new generation',
    async (room) => {
      const { id, worker, lease } = await started(room)
      await worker.settle(lease, 'complete', { result: '1' })
      await room.act('retry', id)
      assert.equal(await worker.settle(lease, 'complete', { result: '1' }), 'applied')
      assert.equal((await room.see(id)).state, 'ready')
    },
  ],
  [
    'promote',
    'a scheduled job that is promoted is ready now; failures and fence stay',
    async ({ add, act, see, hand, clock }) => {
      const id = await add({ delayMs: 60_000 })
      assert.equal(await act('promote', id), 'done')
      const { state, availableAt, failures, fence } = await see(id)
      assert.deepEqual([state, availableAt, failures, fence], ['ready', clock.now(), 0, 0])
      assert.equal((await (await hand()).one()).id, id)
    },
  ],
  [
    'promote-refused',
    'only a scheduled job can be promoted',
    async (room) => {
      const { id: running } = await started(room)
      const ready = await room.add()
      const answers = await room.store.act({ verb: 'promote', ids: [ready, running], by: 'ada' })
      assert.deepEqual(answers, [
        { outcome: 'refused', state: 'ready' },
        { outcome: 'refused', state: 'running' },
      ])
    },
  ],
  [
    'remove',
    'a removed job is gone from everything that shows it',
    async (room) => {
      const [waiting, later, dead] = [
        await room.add(),
        await room.add({ delayMs: 99 }),
        await buried(room, 'other'),
      ]
      for (const id of [waiting, later, dead]) assert.equal(await room.act('remove', id), 'done')
      assert.deepEqual(await room.states([waiting, later, dead]), ['gone', 'gone', 'gone'])
      assert.deepEqual((await room.store.find({}, { limit: 10 })).jobs, [])
      const { states } = await room.count()
      assert.deepEqual(
        Object.values(states).filter((n) => n !== 0),
        [],
      )
      assert.deepEqual((await (await room.hand()).claim(5)).jobs, [])
    },
  ],
  [
    'remove-running',
    'a running job cannot be removed',
    async (room) => {
      const { id, worker, lease } = await started(room)
      assert.equal(await room.act('remove', id), 'refused')
      assert.equal(await worker.settle(lease, 'complete'), 'applied')
    },
  ],
  [
    'remove-anew',
    'the id of a removed job may be used for a new one, which has no past',
    async (room) => {
      const id = await buried(room)
      await room.act('remove', id)
      const [answer] = await room.store.enqueue([room.job({ id })])
      const { fence, attempt, attempts, failures } = await room.see(id)
      assert.deepEqual([answer?.outcome, fence, attempt, attempts, failures], ['created', 0, 0, [], 0])
    },
  ],
  [
    'gone',
    'an unknown id is answered gone, for every verb',
    async ({ act }) => {
      for (const verb of ['cancel', 'retry', 'promote', 'remove'] as const)
        assert.equal(await act(verb, 'never'), 'gone')
    },
  ],
  [
    'positional',
    'the answers keep the order of the ids, each with the state afterwards',
    async (room) => {
      const { id: running } = await started(room)
      const [a, b] = [await room.add(), await room.add({ delayMs: 5 })]
      const answers = await room.store.act({
        verb: 'cancel',
        ids: [a, 'never', running, b],
        by: 'ada',
        reason: 'all',
      })
      assert.deepEqual(answers, [
        { outcome: 'done', state: 'cancelled' },
        { outcome: 'gone' },
        { outcome: 'asked', state: 'running' },
        { outcome: 'done', state: 'cancelled' },
      ])
    },
  ],
])

/** What pausing a queue does, and does not. */
export const pausePromises = theme('pause', 'L0', [
  [
    'claims',
    'no job of a paused queue is claimed, and other queues go on',
    async (room) => {
      await room.add()
      const other = await room.add({ queue: 'other' })
      await pause(room)
      const worker = await room.hand({ queues: [queue, 'other'] })
      assert.deepEqual(
        (await worker.claim(5)).jobs.map((job) => job.id),
        [other],
      )
    },
  ],
  [
    'running',
    'running jobs of a paused queue go on and settle',
    async (room) => {
      const { id, worker, lease } = await started(room)
      await pause(room)
      assert.equal(await worker.settle(lease, 'complete'), 'applied')
      assert.equal((await room.see(id)).state, 'completed')
    },
  ],
  [
    'exchange',
    'an exchange settles jobs of a paused queue and claims none',
    async (room) => {
      const { worker, lease } = await started(room)
      await room.add()
      await pause(room)
      const { settled, claimed } = await room.store.exchange([{ ...lease, move: 'complete' }], worker.ask(5))
      assert.deepEqual([settled, claimed.jobs], [['applied'], []])
    },
  ],
  [
    'upkeep',
    'due jobs of a paused queue become ready, and wait',
    async (room) => {
      const id = await room.add({ delayMs: 100 })
      await pause(room)
      await room.clock.advance(100)
      await room.store.tend(100)
      assert.deepEqual(await room.states([id]), ['ready'])
    },
  ],
  [
    'resume',
    'a resumed queue hands out what waited, in its order',
    async (room) => {
      const ids = await room.addMany(3)
      await pause(room)
      const worker = await room.hand()
      assert.deepEqual((await worker.claim(5)).jobs, [])
      await room.store.setQueues([{ name: queue, paused: null }])
      assert.deepEqual(
        (await worker.claim(5)).jobs.map((job) => job.id),
        ids,
      )
    },
  ],
  [
    'why',
    'the counts of a paused queue say why, by whom and since when',
    async (room) => {
      await pause(room)
      assert.deepEqual((await room.count()).paused, { reason: 'repair', by: 'ada', at: room.clock.now() })
      await room.store.setQueues([{ name: queue, paused: null }])
      assert.equal((await room.count()).paused, undefined)
    },
  ],
])

const pause = (room: Room) => room.store.setQueues([{ name: queue, paused: { reason: 'repair', by: 'ada' } }])

/** A job in the dead letters after one failure. */
async function buried(room: Room, name = queue): Promise<string> {
  const id = await room.add({ queue: name })
  const worker = await room.hand({ queues: [name] })
  await worker.settle(await worker.one(), 'bury', { reason: 'exhausted', error: anError() })
  return id
}
