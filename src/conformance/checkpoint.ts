import assert from 'node:assert/strict'
import { theme } from './promise.ts'
import { anError, type Hand, type Lease, type Room } from './room.ts'
import { started } from './settle.ts'

const keep = async (room: Room, worker: Hand, lease: Lease, checkpoint: string) =>
  (await room.store.record(worker.id, [{ id: lease.id, fence: lease.fence, checkpoint }]))[0]

/** How far a job came, kept with the job for its next attempts. */
export const checkpointPromises = theme('checkpoint', 'L0', [
  [
    'goes-on',
    'a checkpoint comes with every later claim: after a retry, a snooze, a release and a lost lease',
    async (room) => {
      const { worker, lease } = await started(room)
      let held: Lease = lease
      assert.equal(await keep(room, worker, held, '{"row":1}'), 'applied')
      for (const [move, fields] of [
        ['retry', { delayMs: 0, error: anError() }],
        ['snooze', { delayMs: 0 }],
        ['release', {}],
      ] as const) {
        assert.equal(await worker.settle(held, move, fields), 'applied')
        const next = await worker.one()
        assert.equal(next.checkpoint, '{"row":1}', `after a ${move}`)
        held = next
      }
      await room.store.lapse([worker.id], 'the process ended')
      const heir = await room.hand()
      assert.equal((await heir.one()).checkpoint, '{"row":1}', 'after a loss')
    },
  ],
  [
    'absent',
    'a job without a checkpoint shows none, on every attempt',
    async (room) => {
      const { id, worker, lease } = await started(room)
      await worker.settle(lease, 'release')
      const again = await worker.one()
      assert.ok(!('checkpoint' in again))
      assert.ok(!('checkpoint' in (await room.see(id))))
    },
  ],
  [
    'newest',
    'a newer checkpoint replaces the older one, in one call and in the next',
    async (room) => {
      const { id, worker, lease } = await started(room)
      const at = (n: number) => ({ id, fence: lease.fence, checkpoint: String(n) })
      assert.deepEqual(await room.store.record(worker.id, [at(1), at(2)]), ['applied', 'applied'])
      assert.equal((await room.see(id)).checkpoint, '2')
      await keep(room, worker, lease, '3')
      assert.equal((await room.see(id)).checkpoint, '3')
    },
  ],
  [
    'beside',
    'progress and logs leave the checkpoint as it is, and the checkpoint leaves them',
    async (room) => {
      const { id, worker, lease } = await started(room)
      await room.store.record(worker.id, [{ ...lease, progress: { percent: 5 } }])
      await keep(room, worker, lease, '"a"')
      await room.store.record(worker.id, [{ ...lease, progress: { note: 'on' } }])
      const seen = await room.see(id)
      assert.deepEqual([seen.checkpoint, seen.progress?.note], ['"a"', 'on'])
    },
  ],
  [
    'stale',
    'a checkpoint of a lost lease changes nothing, also when nobody has taken the job yet',
    async (room) => {
      const id = await room.add()
      const slow = await room.hand({ ttlMs: 1_000 })
      const lease = await slow.one()
      await keep(room, slow, lease, '1')
      await room.clock.advance(1_001)
      assert.equal(await keep(room, slow, lease, '2'), 'stale')
      const quick = await room.hand()
      const taken = await quick.one()
      assert.equal(taken.checkpoint, '1')
      assert.equal(await keep(room, slow, lease, '3'), 'stale')
      assert.equal(await keep(room, slow, { id, fence: taken.fence }, '4'), 'stale')
      assert.equal(await keep(room, quick, { id, fence: lease.fence }, '5'), 'stale')
      assert.equal((await room.see(id)).checkpoint, '1')
    },
  ],
  [
    'settled',
    'a checkpoint that comes after its attempt was settled changes nothing',
    async (room) => {
      const { id, worker, lease } = await started(room)
      await worker.settle(lease, 'release')
      assert.equal(await keep(room, worker, lease, '1'), 'stale')
      assert.equal((await room.see(id)).checkpoint, undefined)
    },
  ],
  [
    'delivered-again',
    'a job that is delivered again after a lost reply brings its checkpoint again',
    async (room) => {
      const { worker, lease } = await started(room)
      await keep(room, worker, lease, '8')
      await worker.settle(lease, 'release')
      await worker.claimInVain()
      assert.equal((await worker.one()).checkpoint, '8')
    },
  ],
  [
    'retried',
    'a dead or cancelled job that a person brings back goes on from its checkpoint, a completed one begins anew',
    async (room) => {
      for (const [move, kept] of [
        ['bury', '9'],
        ['cancel', '9'],
        ['complete', undefined],
      ] as const) {
        const { id, worker, lease } = await started(room)
        await keep(room, worker, lease, '9')
        await worker.settle(lease, move, move === 'complete' ? {} : { reason: 'discarded' })
        assert.equal((await room.see(id)).checkpoint, '9', `${move}: it stays to be seen`)
        assert.equal(await room.act('retry', id), 'done')
        const again = await worker.one()
        assert.equal(again.checkpoint, kept, move)
        await worker.settle(again, 'complete')
      }
    },
  ],
  [
    'removed',
    'a removed job takes its checkpoint with it: a new job of its id begins anew',
    async (room) => {
      const { id, worker, lease } = await started(room)
      await keep(room, worker, lease, '9')
      await worker.settle(lease, 'release')
      assert.equal(await room.act('remove', id), 'done')
      await room.add({ id })
      const fresh = await worker.one()
      assert.deepEqual([fresh.id, fresh.checkpoint], [id, undefined])
    },
  ],
  [
    'values',
    'any JSON text up to the limit is a checkpoint, also null',
    async (room) => {
      const { id, worker, lease } = await started(room)
      const long = JSON.stringify('é'.repeat(32_000))
      for (const text of ['null', '0', '""', '{"a":[1,{"b":"\\u0000"}]}', long]) {
        assert.equal(await keep(room, worker, lease, text), 'applied')
        assert.equal((await room.see(id)).checkpoint, text)
      }
    },
  ],
])
