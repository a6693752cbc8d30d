import assert from 'node:assert/strict'
import type { ClaimedJob, NewJob } from '../job/job.ts'
import { theme } from './promise.ts'
import { anError, type Hand, queue, type Room } from './room.ts'

/** Jobs that take their workers down are told from those beside them by letting suspects run alone. */
export const poisonPromises = theme('poison', 'L0', [
  [
    'first',
    'a job lost once runs again beside others, as if nothing had been',
    async (room) => {
      const ids = await room.addMany(3)
      await crash(room, 3)
      const { jobs, suspects } = await (await room.hand()).claim(10)
      assert.deepEqual([jobs.map(({ id }) => id), suspects], [ids, undefined])
      assert.deepEqual(
        jobs.map(({ suspect }) => suspect),
        [undefined, undefined, undefined],
      )
    },
  ],
  [
    'suspect',
    'a job lost twice is a suspect: a claim for others passes it over, and says that one waits',
    async (room) => {
      const [id] = await suspects(room, 1)
      const plain = await room.add()
      const worker = await room.hand()
      const { jobs, suspects: waits } = await worker.claim(10)
      assert.deepEqual([jobs.map((job) => job.id), waits], [[plain], true])
      const { state, suspect, losses } = await room.see(id as string)
      assert.deepEqual([state, suspect, losses], ['ready', true, 2])
      assert.equal((await room.see(plain)).suspect, undefined)
    },
  ],
  [
    'alone',
    'who asks alone is given one suspect at a time, and no other job',
    async (room) => {
      const ids = await suspects(room, 2)
      await room.add()
      const worker = await room.hand()
      const first = await worker.claim(10, { alone: true })
      assert.deepEqual([first.jobs.map(({ id }) => id), first.suspects], [[ids[0]], true])
      assert.deepEqual([first.jobs[0]?.suspect, first.jobs[0]?.losses], [true, 2])
      assert.equal(await worker.settle(first.jobs[0] as ClaimedJob, 'complete'), 'applied')
      const second = await worker.claim(10, { alone: true })
      assert.deepEqual([second.jobs.map(({ id }) => id), second.suspects], [[ids[1]], undefined])
      assert.deepEqual((await worker.claim(10, { alone: true })).jobs, [])
    },
  ],
  [
    'culprit',
    'a job that is lost while it ran alone is dead, poison, and no failure is counted',
    async (room) => {
      const [id] = await suspects(room, 1)
      await crash(room, 1, { alone: true })
      const { state, reason, losses, failures, attempt, suspect } = await room.see(id as string)
      assert.deepEqual(
        [state, reason, losses, failures, attempt, suspect],
        ['dead', 'poison', 3, 0, 3, undefined],
      )
      assert.equal((await room.count()).states.dead, 1)
    },
  ],
  [
    'innocent',
    'a suspect that completes alone is done',
    async (room) => {
      const [id] = await suspects(room, 1)
      const worker = await room.hand()
      assert.equal(
        await worker.settle(await worker.one({ alone: true }), 'complete', { result: '1' }),
        'applied',
      )
      const { state, losses, result } = await room.see(id as string)
      assert.deepEqual([state, losses, result], ['completed', 2, '1'])
    },
  ],
  ...(['retry', 'snooze'] as const).map(
    (move) =>
      [
        `survived-${move}`,
        `a suspect that ends alone with ${move} is none any more, until it is lost again`,
        async (room: Room) => {
          const [id = ''] = await suspects(room, 1)
          const worker = await room.hand()
          await worker.settle(await worker.one({ alone: true }), move, { error: anError() })
          assert.equal((await room.see(id)).suspect, undefined)
          const again = await worker.claim(10)
          assert.deepEqual([again.jobs.map((job) => job.id), again.suspects], [[id], undefined])
          await room.store.lapse([worker.id], 'died')
          await room.clock.advance(600_000)
          const { state, suspect, losses } = await room.see(id)
          assert.deepEqual([state === 'dead', suspect, losses], [false, true, 3])
        },
      ] as const,
  ),
  [
    'release',
    'a suspect that was given back has proved nothing: it runs alone the next time too',
    async (room) => {
      const [id = ''] = await suspects(room, 1)
      const worker = await room.hand()
      await worker.settle(await worker.one({ alone: true }), 'release')
      assert.equal((await room.see(id)).suspect, true)
      assert.deepEqual((await worker.claim(10)).jobs, [])
      assert.equal((await worker.one({ alone: true })).id, id)
    },
  ],
  [
    'never-before',
    'a job is never called poison before it ran alone, however often it is lost beside others',
    async (room) => {
      const [id = ''] = await suspects(room, 1)
      for (let turn = 0; turn < 3; turn++) {
        const worker = await room.hand()
        await worker.settle(await worker.one({ alone: true }), 'retry')
        await crash(room, 1)
        await room.clock.advance(600_000)
        assert.equal((await room.see(id)).state === 'dead', false)
      }
      assert.equal((await room.see(id)).losses, 5)
    },
  ],
  [
    'one-at-a-time',
    'while a worker runs a suspect no other is asked to make room, for half a minute',
    async (room) => {
      await suspects(room, 2)
      const [a, b] = [await room.hand(), await room.hand()]
      await a.one({ alone: true })
      assert.equal((await b.claim(10)).suspects, undefined)
      await room.clock.advance(30_001)
      assert.equal((await b.claim(10)).suspects, true)
      await room.store.leave(a.id)
      assert.equal((await b.claim(10)).suspects, true)
    },
  ],
  [
    'paused',
    'suspects of a paused queue wait, and nobody is asked to make room for them',
    async (room) => {
      await suspects(room, 1)
      await room.store.setQueues([{ name: queue, paused: { reason: 'repair', by: 'ada' } }])
      const worker = await room.hand()
      assert.equal((await worker.claim(10)).suspects, undefined)
      assert.deepEqual((await worker.claim(10, { alone: true })).jobs, [])
    },
  ],
  [
    'other-queue',
    'suspects of a queue that was not asked for are no hint',
    async (room) => {
      await suspects(room, 1)
      const worker = await room.hand({ queues: ['elsewhere'] })
      assert.equal((await worker.claim(10)).suspects, undefined)
      assert.equal((await (await room.hand()).claim(0)).suspects, undefined)
    },
  ],
  [
    'cancelled',
    'a suspect that was asked to cancel is cancelled when its worker is lost, not poison',
    async (room) => {
      const [id = ''] = await suspects(room, 1)
      const worker = await room.hand()
      await worker.one({ alone: true })
      await room.act('cancel', id, 'enough')
      await room.store.lapse([worker.id], 'died')
      const { state, reason } = await room.see(id)
      assert.deepEqual([state, reason], ['cancelled', 'enough'])
    },
  ],
  [
    'again',
    'a suspect whose delivery was lost comes again, as a suspect, with the same fence',
    async (room) => {
      await suspects(room, 1)
      const worker = await room.hand()
      const [lost] = (await room.store.claim(worker.ask(1, { alone: true }))).jobs
      const [found] = (await worker.claim(1, { alone: true })).jobs
      assert.deepEqual(found, lost)
      assert.equal(found?.suspect, true)
    },
  ],
  [
    'retry',
    'a person’s retry begins anew: no losses, no suspicion',
    async (room) => {
      const [id = ''] = await suspects(room, 1)
      await crash(room, 1, { alone: true })
      assert.equal(await room.act('retry', id), 'done')
      const { losses, failures, suspect, state } = await room.see(id)
      assert.deepEqual([losses, failures, suspect, state], [0, 0, undefined, 'ready'])
      assert.equal((await (await room.hand()).one()).id, id)
    },
  ],
  [
    'isolate',
    'a worker that lost the isolate of a job says lapse: a loss of that job alone, and no failure',
    async (room) => {
      const [id, other] = [await room.add(), await room.add()]
      const worker = await room.hand()
      const { jobs } = await worker.claim(2)
      const [first] = jobs as [ClaimedJob]
      const error = anError('exit code 3')
      assert.equal(await worker.settle(first, 'lapse', { error, delayMs: 1_000 }), 'applied')
      assert.equal(await worker.settle(first, 'lapse', { error, delayMs: 1_000 }), 'applied')
      const { state, losses, failures, suspect, attempts } = await room.see(id)
      assert.deepEqual([state, losses, failures, suspect], ['scheduled', 1, 0, undefined])
      assert.deepEqual(
        attempts?.map(({ outcome, error: why }) => [outcome, why?.message]),
        [['lapse', 'exit code 3']],
      )
      assert.deepEqual(await room.states([other]), ['running'])
      await room.clock.advance(1_000)
      assert.equal((await worker.one()).previous?.outcome, 'lapse')
    },
  ],
  [
    'isolate-dead',
    'a job that is buried as poison or crashed counts one more loss',
    async (room) => {
      for (const reason of ['poison', 'crashed']) {
        const id = await room.add()
        const worker = await room.hand()
        await worker.settle(await worker.one(), 'bury', { reason, error: anError() })
        assert.deepEqual(counted(await room.see(id)), ['dead', reason, 0, 1])
      }
    },
  ],
  [
    'on-crash-fail',
    'onCrash fail: a loss counts as a failure too, and the last allowed one is the end',
    async (room) => {
      const id = await room.add({ onCrash: 'fail', maxAttempts: 2 })
      await crash(room, 1)
      assert.deepEqual(counted(await room.see(id)), ['ready', undefined, 1, 1])
      await crash(room, 1)
      assert.deepEqual(counted(await room.see(id)), ['dead', 'exhausted', 2, 2])
    },
  ],
  [
    'on-crash-dead',
    'onCrash dead: a job that was lost is never run again by itself',
    async (room) => {
      const id = await room.add({ onCrash: 'dead' })
      await crash(room, 1)
      assert.deepEqual(counted(await room.see(id)), ['dead', 'crashed', 0, 1])
    },
  ],
  [
    'previous',
    'a job knows how the attempt before ended: by which worker, when, and with which error',
    async (room) => {
      await room.add()
      const worker = await room.hand()
      const first = await worker.one()
      assert.equal(first.previous, undefined)
      const endedAt = room.clock.now()
      await worker.settle(first, 'retry', { error: anError('no route') })
      const second = await worker.one()
      const failed = { outcome: 'retry', endedAt, worker: worker.id, error: anError('no route') }
      assert.deepEqual(second.previous, failed)
      await worker.settle(second, 'snooze', { reason: 'too early' })
      const third = await worker.one()
      assert.deepEqual(third.previous, { outcome: 'snooze', endedAt, worker: worker.id, reason: 'too early' })
      await room.store.lapse([worker.id], 'killed by SIGKILL')
      const { previous } = await (await room.hand()).one()
      assert.deepEqual([previous?.outcome, previous?.error?.code], ['lapse', 'LW2009'])
      assert.match(previous?.error?.message ?? '', /killed by SIGKILL/)
    },
  ],
])

const counted = ({ state, reason, failures, losses }: Awaited<ReturnType<Room['see']>>) => [
  state,
  reason,
  failures,
  losses,
]

/** A worker takes some jobs and dies. */
export async function crash(
  room: Room,
  count: number,
  ask: Parameters<Hand['claim']>[1] = {},
): Promise<void> {
  const worker = await room.hand()
  const { jobs } = await worker.claim(count, ask)
  assert.equal(jobs.length, count, 'jobs for the worker that dies')
  await room.store.lapse([worker.id], 'died')
}

/** Jobs that were lost twice together, and wait. */
export async function suspects(
  room: Room,
  count: number,
  fields: Partial<NewJob> = {},
): Promise<readonly string[]> {
  const ids = await room.addMany(count, fields)
  await crash(room, count)
  await crash(room, count)
  await room.clock.advance(1_000)
  await room.store.tend(1_000)
  return ids
}
