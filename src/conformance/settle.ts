import assert from 'node:assert/strict'
import { theme } from './promise.ts'
import { anError, type Hand, type Lease, type Room } from './room.ts'

/** What each ending does to a job. */
export const settlePromises = theme('settle', 'L0', [
  [
    'complete',
    'a completed job is final, with its result; failures and fence stay',
    async (room) => {
      const { id, worker, lease } = await started(room)
      await room.clock.advance(250)
      assert.equal(await worker.settle(lease, 'complete', { result: '{"ok":true}' }), 'applied')
      const { state, result, failures, fence, attempt, finishedAt, worker: holder } = await room.see(id)
      assert.deepEqual(
        [state, result, failures, fence, attempt, holder],
        ['completed', '{"ok":true}', 0, 1, 1, undefined],
      )
      assert.equal(finishedAt, room.clock.now())
    },
  ],
  [
    'no-result',
    'a job that returned nothing has no result, one that returned null has null',
    async (room) => {
      const [a, b] = [await started(room), await started(room)]
      await a.worker.settle(a.lease, 'complete')
      await b.worker.settle(b.lease, 'complete', { result: 'null' })
      assert.deepEqual([(await room.see(a.id)).result, (await room.see(b.id)).result], [undefined, 'null'])
    },
  ],
  [
    'retry',
    'a failure that will be retried is scheduled, with one failure more and the error',
    async (room) => {
      const { id, worker, lease } = await started(room)
      await worker.settle(lease, 'retry', { delayMs: 4_000, error: anError('first') })
      const { state, failures, fence, attempt, availableAt, error, finishedAt } = await room.see(id)
      assert.deepEqual([state, failures, fence, attempt, finishedAt], ['scheduled', 1, 1, 1, undefined])
      assert.deepEqual([availableAt, error?.message], [room.clock.now() + 4_000, 'first'])
    },
  ],
  [
    'retry-wait',
    'a retried job is claimed again after its wait and not before',
    async (room) => {
      const { worker, lease } = await started(room)
      await worker.settle(lease, 'retry', { delayMs: 4_000, error: anError() })
      await room.clock.advance(3_999)
      assert.equal((await worker.claim(1)).jobs.length, 0)
      await room.clock.advance(1)
      assert.deepEqual((await worker.one()).failures, 1)
    },
  ],
  [
    'retry-now',
    'a retry without a wait is ready at once',
    async (room) => {
      const { id, worker, lease } = await started(room)
      await worker.settle(lease, 'retry', { delayMs: 0, error: anError() })
      const { state, failures } = await room.see(id)
      assert.deepEqual([state, failures], ['ready', 1])
    },
  ],
  [
    'exhausted',
    'the last failure makes the job dead, charged, with the error and the reason',
    async (room) => {
      const { id, worker, lease } = await started(room)
      await worker.settle(lease, 'bury', { reason: 'exhausted', error: anError('last') })
      const { state, failures, reason, error, finishedAt, fence } = await room.see(id)
      assert.deepEqual([state, failures, reason, error?.message, fence], ['dead', 1, 'exhausted', 'last', 1])
      assert.equal(finishedAt, room.clock.now())
    },
  ],
  [
    'discarded',
    'a job that its handler discards is dead without a failure charged',
    async (room) => {
      const { id, worker, lease } = await started(room)
      await worker.settle(lease, 'bury', { reason: 'discarded', error: anError('no such user') })
      const { state, failures, reason, error } = await room.see(id)
      assert.deepEqual([state, failures, reason, error?.message], ['dead', 0, 'discarded', 'no such user'])
    },
  ],
  [
    'snooze',
    'a snooze waits without a failure and is counted apart',
    async (room) => {
      const { id, worker, lease } = await started(room)
      await worker.settle(lease, 'snooze', { delayMs: 2_000, reason: 'not yet' })
      const { state, failures, snoozes, fence, availableAt } = await room.see(id)
      assert.deepEqual(
        [state, failures, snoozes, fence, availableAt],
        ['scheduled', 0, 1, 1, room.clock.now() + 2_000],
      )
    },
  ],
  [
    'release',
    'a release costs nothing: ready at once, counted apart',
    async (room) => {
      const { id, worker, lease } = await started(room)
      await worker.settle(lease, 'release')
      const { state, failures, losses, releases, fence } = await room.see(id)
      assert.deepEqual([state, failures, losses, releases, fence], ['ready', 0, 0, 1, 1])
    },
  ],
  [
    'release-place',
    'a released job keeps its place in the line',
    async (room) => {
      const { id, worker, lease } = await started(room)
      await room.clock.advance(1_000)
      const younger = await room.add()
      await room.clock.advance(1_000)
      await worker.settle(lease, 'release')
      assert.deepEqual(
        (await worker.claim(2)).jobs.map((job) => job.id),
        [id, younger],
      )
    },
  ],
  [
    'release-wait',
    'a release may ask for a wait',
    async (room) => {
      const { id, worker, lease } = await started(room)
      await worker.settle(lease, 'release', { delayMs: 700 })
      const { state, availableAt, releases } = await room.see(id)
      assert.deepEqual([state, availableAt, releases], ['scheduled', room.clock.now() + 700, 1])
    },
  ],
  [
    'cancel',
    'a handler that stopped on request makes the job cancelled',
    async (room) => {
      const { id, worker, lease } = await started(room)
      await worker.settle(lease, 'cancel', { reason: 'asked' })
      const { state, reason, failures } = await room.see(id)
      assert.deepEqual([state, reason, failures], ['cancelled', 'asked', 0])
    },
  ],
  [
    'error-gone',
    'a job that completes after failures has no error left',
    async (room) => {
      const { id, worker, lease } = await started(room)
      await worker.settle(lease, 'retry', { delayMs: 0, error: anError() })
      await worker.settle(await worker.one(), 'complete')
      const { error, failures, attempts } = await room.see(id)
      assert.deepEqual([error, failures, attempts?.[0]?.error?.message], [undefined, 1, anError().message])
    },
  ],
  [
    'history',
    'each attempt is kept: number, fence, worker, host, start, end, ending, error',
    async (room) => {
      const { id, worker, lease } = await started(room)
      const startedAt = room.clock.now()
      await room.clock.advance(30)
      await worker.settle(lease, 'retry', { delayMs: 0, error: anError() })
      const second = await worker.one()
      await worker.settle(second, 'snooze', { delayMs: 1, reason: 'busy' })
      const [a, b] = (await room.see(id)).attempts ?? []
      assert.deepEqual(a, {
        attempt: 1,
        fence: lease.fence,
        worker: worker.id,
        ranOn: a?.ranOn,
        startedAt,
        endedAt: startedAt + 30,
        outcome: 'retry',
        error: anError(),
      })
      assert.match(a?.ranOn ?? '', /host.*1|1.*host/)
      assert.deepEqual(
        [b?.attempt, b?.fence, b?.outcome, b?.reason, b?.error],
        [2, second.fence, 'snooze', 'busy', undefined],
      )
    },
  ],
  [
    'repeat',
    'the same ending sent again is answered applied and changes nothing',
    async (room) => {
      const { id, worker, lease } = await started(room)
      const error = anError()
      await worker.settle(lease, 'retry', { delayMs: 900, error })
      const before = await room.see(id)
      await room.clock.advance(100)
      assert.equal(await worker.settle(lease, 'retry', { delayMs: 900, error }), 'applied')
      assert.deepEqual(await room.see(id), before)
    },
  ],
  [
    'repeat-late',
    'an ending sent again after the job ran on is still answered applied and changes nothing',
    async (room) => {
      const { id, worker, lease } = await started(room)
      await worker.settle(lease, 'release')
      const other = await room.hand()
      await other.settle(await other.one(), 'complete', { result: '2' })
      const before = await room.see(id)
      assert.equal(await worker.settle(lease, 'release'), 'applied')
      assert.deepEqual(await room.see(id), before)
    },
  ],
  [
    'repeat-running',
    'an ending sent again does not end the next attempt',
    async (room) => {
      const { id, worker, lease } = await started(room)
      await worker.settle(lease, 'release')
      const next = await worker.one()
      assert.equal(await worker.settle(lease, 'release'), 'applied')
      const { state, fence } = await room.see(id)
      assert.deepEqual([state, fence], ['running', next.fence])
    },
  ],
  [
    'conflict',
    'another ending for a lease that was settled is a conflict and changes nothing',
    async (room) => {
      const { id, worker, lease } = await started(room)
      await worker.settle(lease, 'complete', { result: '1' })
      const before = await room.see(id)
      assert.equal(await worker.settle(lease, 'complete', { result: '2' }), 'conflict')
      assert.equal(await worker.settle(lease, 'bury', { reason: 'exhausted', error: anError() }), 'conflict')
      assert.deepEqual(await room.see(id), before)
    },
  ],
  [
    'gone',
    'an ending for a job that is not there is answered gone',
    async (room) => {
      const worker = await room.hand()
      assert.equal(await worker.settle({ id: 'never', fence: 1 }, 'complete'), 'gone')
    },
  ],
  [
    'positional',
    'one bad ending among good ones fails alone, and the answers keep the order',
    async (room) => {
      const worker = await room.hand()
      const ids = await room.addMany(3)
      const { jobs } = await worker.claim(3)
      const answers = await room.store.settle(worker.id, [
        { id: ids[0] as string, fence: 1, move: 'complete' },
        { id: 'never', fence: 1, move: 'complete' },
        { id: ids[1] as string, fence: 77, move: 'complete' },
        { id: ids[2] as string, fence: jobs[2]?.fence ?? 0, move: 'snooze', delayMs: 5 },
      ])
      assert.deepEqual(answers, ['applied', 'gone', 'stale', 'applied'])
      assert.deepEqual(await room.states(ids), ['completed', 'running', 'scheduled'])
    },
  ],
  [
    'same-call',
    'two endings for one lease in one call: the first counts, the second is a repeat or a conflict',
    async (room) => {
      const { id, worker, lease } = await started(room)
      const answers = await room.store.settle(worker.id, [
        { ...lease, move: 'complete', result: '1' },
        { ...lease, move: 'complete', result: '1' },
        { ...lease, move: 'complete', result: '2' },
      ])
      assert.deepEqual(answers, ['applied', 'applied', 'conflict'])
      assert.equal((await room.see(id)).attempts?.length, 1)
    },
  ],
  [
    'final',
    'a final job takes no further ending from anybody',
    async (room) => {
      const { id, worker, lease } = await started(room)
      await worker.settle(lease, 'bury', { reason: 'exhausted', error: anError() })
      const before = await room.see(id)
      const other = await room.hand()
      assert.equal(await other.settle(lease, 'complete'), 'stale')
      assert.equal(await worker.settle({ id, fence: lease.fence + 1 }, 'complete'), 'stale')
      assert.deepEqual(await room.see(id), before)
    },
  ],
  [
    'empty',
    'nothing to settle is nothing answered',
    async (room) => {
      assert.deepEqual(await room.store.settle((await room.hand()).id, []), [])
    },
  ],
  [
    'exchange',
    'an exchange settles and claims: the answers of both, in one call',
    async (room) => {
      const { id, worker, lease } = await started(room)
      const next = await room.add()
      const { settled, claimed } = await room.store.exchange([{ ...lease, move: 'complete' }], worker.ask(5))
      assert.deepEqual(settled, ['applied'])
      assert.deepEqual([claimed.lease, claimed.jobs.map((job) => job.id)], ['held', [next]])
      assert.deepEqual(await room.states([id, next]), ['completed', 'running'])
    },
  ],
  [
    'exchange-order',
    'an exchange settles first: what it gives back may be what it gets',
    async (room) => {
      const { id, worker, lease } = await started(room)
      const { settled, claimed } = await room.store.exchange([{ ...lease, move: 'release' }], worker.ask(5))
      assert.deepEqual([settled, claimed.jobs.map((job) => [job.id, job.attempt])], [['applied'], [[id, 2]]])
    },
  ],
  [
    'exchange-lost',
    'a worker without a lease neither settles nor claims in an exchange',
    async (room) => {
      const { id, lease } = await started(room)
      const worker = await room.hand({ ttlMs: 500 })
      await room.clock.advance(501)
      const { settled, claimed } = await room.store.exchange([{ ...lease, move: 'complete' }], worker.ask(5))
      assert.deepEqual([settled, claimed.lease, claimed.jobs], [['stale'], 'lost', []])
      assert.equal((await room.see(id)).state, 'running')
    },
  ],
])

/** A job in a worker's hands. */
export async function started(
  room: Room,
  fields: Parameters<Room['add']>[0] = {},
): Promise<{ readonly id: string; readonly worker: Hand; readonly lease: Lease }> {
  const id = await room.add(fields)
  const worker = await room.hand()
  const { fence } = await worker.one()
  return { id, worker, lease: { id, fence } }
}
