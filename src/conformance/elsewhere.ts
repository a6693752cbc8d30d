import assert from 'node:assert/strict'
import { defaults } from '../job/defaults.ts'
import { theme } from './promise.ts'
import { type Hand, queue, type Room } from './room.ts'

/** A retry that is to run in another process than the one that failed. */
export const elsewherePromises = theme('elsewhere', 'L0', [
  [
    'other',
    'a retry that is to run elsewhere is left by the process that failed, and taken by another one',
    async (room) => {
      const { id, mine, other } = await failed(room)
      assert.equal((await room.see(id)).avoids, 'host:1')
      assert.deepEqual(await ids(mine), [])
      assert.deepEqual(await ids(other), [id])
      const { avoids, state } = await room.see(id)
      assert.deepEqual([avoids, state], [undefined, 'running'])
    },
  ],
  [
    'same-process',
    'a worker that is registered anew in the same process is no other',
    async (room) => {
      const { id, other } = await failed(room)
      assert.deepEqual(await ids(await room.hand({ pid: 1 })), [])
      assert.deepEqual(await ids(other), [id])
    },
  ],
  [
    'lone',
    'while no other process is there the one that failed takes it: gone, told to stop, of another queue or without the task',
    async (room) => {
      const { id, mine, other } = await failed(room)
      await room.hand({ pid: 3, queues: ['another'] })
      await room.hand({ pid: 4, tasks: ['another'] })
      assert.deepEqual(await ids(mine), [])
      await room.store.beat({ worker: other.id, ttlMs: 60_000, ending: true })
      assert.deepEqual(await ids(mine), [id])
    },
  ],
  [
    'lone-lease',
    'a process whose lease ran out is not there',
    async (room) => {
      const { id, mine } = await failed(room, { ttlMs: 1_000 })
      assert.deepEqual(await ids(mine), [])
      await room.clock.advance(1_001)
      assert.deepEqual(await ids(mine), [id])
    },
  ],
  [
    'bounded',
    'half a minute after it is due anyone may take it',
    async (room) => {
      const { id, mine } = await failed(room, { delayMs: 5_000 })
      await room.clock.advance(5_000)
      assert.deepEqual(await ids(mine), [])
      await room.clock.advance(defaults.elsewhereMs - 1)
      assert.deepEqual(await ids(mine), [])
      await room.clock.advance(1)
      assert.deepEqual(await ids(mine), [id])
    },
  ],
  [
    'order',
    'it keeps its place among the jobs of its queue, and holds nobody up',
    async (room) => {
      const { id, mine, other } = await failed(room)
      const later = await room.addMany(2)
      assert.deepEqual(await ids(mine), [later[0]])
      assert.deepEqual(await ids(other, 5), [id, later[1]])
    },
  ],
  [
    'once',
    'it concerns the next attempt only',
    async (room) => {
      const { mine, other, id } = await failed(room)
      await other.settle(await other.one(), 'retry')
      assert.equal((await room.see(id)).avoids, undefined)
      await other.settle(await other.one(), 'retry', { elsewhere: true })
      assert.equal((await room.see(id)).avoids, 'host:2')
      assert.equal((await mine.one()).id, id)
    },
  ],
  [
    'snooze',
    'a snooze may ask for it too; a release, a complete and a bury do not',
    async (room) => {
      const mine = await room.hand()
      await room.hand({ pid: 2 })
      for (const move of ['snooze', 'release', 'complete', 'bury'] as const) {
        const id = await room.add()
        await mine.settle(await mine.one(), move, { elsewhere: true })
        assert.equal((await room.see(id)).avoids, move === 'snooze' ? 'host:1' : undefined)
        if (move !== 'complete' && move !== 'bury') await room.act('cancel', id)
        assert.equal((await room.see(id)).avoids, undefined)
      }
    },
  ],
  [
    'suspect',
    'a suspect that survives and is to run elsewhere is no suspect, and avoids its process',
    async (room) => {
      const id = await room.add()
      for (let turn = 0; turn < 2; turn++) {
        const worker = await room.hand()
        await worker.one()
        await room.store.lapse([worker.id], 'died')
      }
      await room.clock.advance(1_000)
      const [mine, other] = [await room.hand(), await room.hand({ pid: 2 })]
      await mine.settle(await mine.one({ alone: true }), 'retry', { elsewhere: true })
      const { suspect, avoids } = await room.see(id)
      assert.deepEqual([suspect, avoids], [undefined, 'host:1'])
      assert.deepEqual(await ids(mine), [])
      assert.equal((await other.one()).id, id)
    },
  ],
  [
    'edit',
    'an edit changes nothing about it; a person’s retry of a dead job forgets it',
    async (room) => {
      const { id, mine, other } = await failed(room)
      await room.store.edit([{ id, payload: '{}', version: 1, revision: 0, by: 'ada' }])
      assert.deepEqual(await ids(mine), [])
      await other.settle(await other.one(), 'bury', { reason: 'discarded' })
      await room.act('retry', id)
      assert.deepEqual(await ids(mine), [id])
    },
  ],
])

const ids = async (worker: Hand, limit = 1): Promise<readonly string[]> =>
  (await worker.claim(limit)).jobs.map(({ id }) => id)

/** A job that failed in one process, is to run in another, and there is one. */
async function failed(room: Room, { delayMs = 0, ttlMs }: { delayMs?: number; ttlMs?: number } = {}) {
  const id = await room.add()
  const mine = await room.hand()
  const other = await room.hand({ pid: 2, queues: [queue], ...(ttlMs !== undefined && { ttlMs }) })
  assert.equal(await mine.settle(await mine.one(), 'retry', { elsewhere: true, delayMs }), 'applied')
  return { id, mine, other }
}
