import assert from 'node:assert/strict'
import { theme } from './promise.ts'
import { anError, type Hand, type Lease, type Room } from './room.ts'
import { started } from './settle.ts'

/** Whoever no longer holds a job changes nothing: the answer says so, and the job stays as it is to the last field. */
export const fencePromises = theme('fence', 'L0', [
  [
    'never-held',
    'a worker that never held the job cannot settle it, even with the right fence',
    async (room) => {
      const { id, lease } = await started(room)
      await changesNothing(room, { id, worker: await room.hand(), lease })
    },
  ],
  [
    'old-fence',
    'an older fence cannot settle the claim that came after it',
    async (room) => {
      const { id, worker, lease } = await started(room)
      await worker.settle(lease, 'retry', { delayMs: 0, error: anError() })
      const second = await worker.one()
      assert.equal(await worker.settle({ id, fence: lease.fence }, 'complete'), 'conflict')
      await changesNothing(room, { id, worker, lease: { id, fence: second.fence + 1 } })
      assert.equal((await room.see(id)).state, 'running')
    },
  ],
  [
    'lapsed',
    'a lost lease cannot settle',
    async (room) => {
      const id = await room.add()
      const worker = await room.hand({ ttlMs: 1_000 })
      const lease = await worker.one()
      await room.clock.advance(1_001)
      await room.store.tend(100)
      await changesNothing(room, { id, worker, lease })
    },
  ],
  [
    'lapsed-unseen',
    'a lease that ran out cannot settle, although nobody has taken the job away yet',
    async (room) => {
      const id = await room.add()
      const worker = await room.hand({ ttlMs: 1_000 })
      const lease = await worker.one()
      await room.clock.advance(1_001)
      await changesNothing(room, { id, worker, lease })
    },
  ],
  [
    'taken-over',
    'a worker that lost its lease cannot settle what another runs now',
    async (room) => {
      const id = await room.add()
      const slow = await room.hand({ ttlMs: 1_000 })
      const lease = await slow.one()
      await room.clock.advance(1_001)
      const quick = await room.hand()
      const taken = await quick.one()
      await changesNothing(room, { id, worker: slow, lease })
      await changesNothing(room, { id, worker: slow, lease: { id, fence: taken.fence } })
      assert.equal(await quick.settle(taken, 'complete', { result: '"quick"' }), 'applied')
      await changesNothing(room, { id, worker: slow, lease })
    },
  ],
  [
    'supervisor',
    'a worker that its supervisor declared dead cannot settle',
    async (room) => {
      const { id, worker, lease } = await started(room)
      await room.store.lapse([worker.id], 'the process ended')
      await changesNothing(room, { id, worker, lease })
    },
  ],
  [
    'record',
    'progress and logs of a lost lease change nothing',
    async (room) => {
      const { id, worker, lease } = await started(room)
      await room.store.lapse([worker.id], 'the process ended')
      const before = await room.see(id)
      const note = {
        ...lease,
        progress: { percent: 99 },
        logs: [{ agoMs: 0, level: 'info', message: 'late' }],
      } as const
      assert.deepEqual(await room.store.record(worker.id, [note]), ['stale'])
      assert.deepEqual(await room.see(id), before)
    },
  ],
  [
    'exchange',
    'an exchange of a worker whose job was taken away settles nothing and claims as usual',
    async (room) => {
      const { id, worker, lease } = await started(room)
      const other = await room.hand()
      const next = await room.add()
      const { settled, claimed } = await room.store.exchange([{ ...lease, move: 'complete' }], other.ask(1))
      assert.deepEqual([settled, claimed.jobs.map((job) => job.id)], [['stale'], [next]])
      assert.equal((await room.see(id)).worker, worker.id)
    },
  ],
  [
    'rising',
    'fence and attempt only rise: through retries, losses, releases and a person’s retry',
    async (room) => {
      const id = await room.add()
      const seen: [number, number][] = []
      for (const end of ['retry', 'lapse', 'release', 'bury', 'complete'] as const) {
        const worker = await room.hand()
        const { jobs } = await worker.claim(1)
        const [job] = jobs
        assert.ok(job, `claimed before ${end}`)
        seen.push([job.fence, job.attempt])
        if (end === 'lapse') await room.store.lapse([worker.id], 'died')
        else
          await worker.settle(job, end, {
            delayMs: 0,
            reason: 'exhausted',
            ...(end !== 'complete' && { error: anError() }),
          })
        if (end === 'bury') await room.act('retry', id)
      }
      assert.deepEqual(
        seen.map(([, attempt]) => attempt),
        [1, 2, 3, 4, 5],
      )
      seen.reduce((before, now) => (assert.ok(now[0] > before[0], `fence ${now[0]} after ${before[0]}`), now))
    },
  ],
])

/** Every ending by `worker` for `lease` is answered `stale` and leaves the job as it was. */
async function changesNothing(
  room: Room,
  { id, worker, lease }: { id: string; worker: Hand; lease: Lease },
): Promise<void> {
  const before = await room.see(id)
  for (const move of ['complete', 'retry', 'snooze', 'release', 'bury', 'cancel'] as const) {
    assert.equal(await worker.settle(lease, move, { delayMs: 0, reason: 'late' }), 'stale', move)
  }
  assert.deepEqual(await room.see(id), before)
}
