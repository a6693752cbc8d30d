import assert from 'node:assert/strict'
import type { Settlement } from '../job/job.ts'
import type { OwnTransaction } from './promise.ts'
import { theme } from './promise.ts'
import type { Lease, Room } from './room.ts'

/** What becomes of an act and of a settlement in a transaction of the caller's; `enqueue.tx-*` says it of new jobs. */
export const joiningPromises = theme('joining', 'L0', [
  [
    'refused',
    'a store without transactions of the caller’s refuses an act and a settlement in one with LW1014, and does nothing',
    async (room) => {
      const tx = {}
      const { settle, job } = await running(room)
      const other = await room.add()
      await assert.rejects(room.store.act(cancel(other), { tx }), { code: 'LW1014' })
      await assert.rejects(settle(tx), { code: 'LW1014' })
      assert.deepEqual(await room.states([job.id, other]), ['running', 'ready'])
    },
    { lacks: 'tx' },
  ],
  [
    'wrong',
    'an act and a settlement in something that is no transaction of this store are refused with LW1014',
    async (room) => {
      const { settle, job } = await running(room)
      const other = await room.add()
      for (const tx of [{}, 7, 'tx', () => {}]) {
        await assert.rejects(room.store.act(cancel(other), { tx }), { code: 'LW1014' })
        await assert.rejects(settle(tx), { code: 'LW1014' })
      }
      assert.deepEqual(await room.states([job.id, other]), ['running', 'ready'])
    },
    { needs: ['tx'] },
  ],
  [
    'act-commit',
    'a job that is cancelled in the caller’s transaction is cancelled when it commits, not before',
    async (room) => {
      const id = await room.add()
      const own = await begin(room)
      assert.deepEqual(await room.store.act(cancel(id), { tx: own.tx }), [
        { outcome: 'done', state: 'cancelled' },
      ])
      assert.deepEqual(await room.states([id]), ['ready'])
      await own.commit()
      assert.deepEqual(await room.states([id]), ['cancelled'])
      assert.equal((await room.count()).states.cancelled, 1)
    },
    { needs: ['tx', 'begin'] },
  ],
  [
    'act-rollback',
    'a job whose cancel is rolled back waits as before, and is handed out',
    async (room) => {
      const id = await room.add()
      const own = await begin(room)
      await room.store.act(cancel(id), { tx: own.tx })
      await own.rollback()
      assert.equal((await room.count()).states.ready, 1)
      assert.equal((await (await room.hand()).one()).id, id)
    },
    { needs: ['tx', 'begin'] },
  ],
  [
    'settle-commit',
    'a job that is settled in the caller’s transaction is done when it commits, not before; saying so again is answered as applied',
    async (room) => {
      const { settle, job } = await running(room)
      const own = await begin(room)
      assert.equal(await settle(own.tx), 'applied')
      assert.deepEqual(await room.states([job.id]), ['running'])
      await own.commit()
      const { state, result } = await room.see(job.id)
      assert.deepEqual([state, result], ['completed', '"ok"'])
      assert.equal(await settle(), 'applied')
      assert.equal(await settle(undefined, { move: 'retry', delayMs: 0 }), 'conflict')
    },
    { needs: ['tx', 'begin'] },
  ],
  [
    'settle-rollback',
    'a settlement that is rolled back was never made: the job runs on, and may still fail',
    async (room) => {
      const { settle, job } = await running(room)
      const own = await begin(room)
      assert.equal(await settle(own.tx), 'applied')
      await own.rollback()
      assert.deepEqual(await room.states([job.id]), ['running'])
      assert.equal(await settle(undefined, { move: 'retry', delayMs: 0 }), 'applied')
      assert.deepEqual(await room.states([job.id]), ['ready'])
    },
    { needs: ['tx', 'begin'] },
  ],
  [
    'settle-stale',
    'a settlement by who lost the job is stale in a transaction, too, and changes nothing',
    async (room) => {
      const { settle, job, id } = await running(room)
      await room.store.lapse([id], 'gone')
      const own = await begin(room)
      assert.equal(await settle(own.tx), 'stale')
      await own.commit()
      assert.deepEqual(await room.states([job.id]), ['ready'])
    },
    { needs: ['tx', 'begin'] },
  ],
  [
    'record',
    'what is noted of a running attempt in the caller’s transaction is kept when it commits, and never was when it does not',
    async (room) => {
      const { id, job } = await running(room)
      const note = (message: string) => ({
        id: job.id,
        fence: job.fence,
        logs: [{ agoMs: 0, level: 'info', message } as const],
      })
      for (const end of ['rollback', 'commit'] as const) {
        const own = await begin(room)
        assert.deepEqual(await room.store.record(id, [note(end)], { tx: own.tx }), ['applied'])
        await own[end]()
      }
      const { logs } = await room.see(job.id)
      assert.deepEqual(
        logs?.map(({ message }) => message),
        ['commit'],
      )
    },
    { needs: ['tx', 'begin'] },
  ],
  [
    'all',
    'new jobs, cancels and settlements of one transaction share its fate',
    async (room) => {
      const { settle, job } = await running(room)
      const other = await room.add()
      for (const end of ['rollback', 'commit'] as const) {
        const fresh = room.job()
        const own = await begin(room)
        await room.store.enqueue([fresh], { tx: own.tx })
        await room.store.act(cancel(other), { tx: own.tx })
        await settle(own.tx)
        await own[end]()
        const after = end === 'commit' ? ['ready', 'cancelled', 'completed'] : ['gone', 'ready', 'running']
        assert.deepEqual(await room.states([fresh.id, other, job.id]), after)
      }
    },
    { needs: ['tx', 'begin'] },
  ],
])

const cancel = (id: string) => ({ verb: 'cancel', ids: [id], by: 'ada', reason: 'no more' }) as const

async function begin({ house }: Room): Promise<OwnTransaction> {
  const own = await house.begin?.()
  // The promise needs it, so the suite has asked.
  assert.ok(own)
  return own
}

/** A job that a worker holds, and how it says in some transaction that it is done. */
async function running({ store, add, hand }: Room) {
  await add()
  const worker = await hand()
  const job: Lease = await worker.one()
  const done = { id: job.id, fence: job.fence, move: 'complete', result: '"ok"' } as const
  const settle = async (tx?: unknown, other?: Pick<Settlement, 'move' | 'delayMs'>) => {
    const one = other ? { id: job.id, fence: job.fence, ...other } : done
    const [answer] = await store.settle(worker.id, [one], tx === undefined ? {} : { tx })
    return answer
  }
  return { id: worker.id, job, settle }
}
