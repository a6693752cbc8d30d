import assert from 'node:assert/strict'
import { theme } from './promise.ts'
import type { Hand, Lease, Room } from './room.ts'
import { suspects } from './poison.ts'

/** What a loss proves, and of whom. */
export const blamePromises = theme('blame', 'L0', [
  [
    'ending',
    'a suspect whose worker was told to stop before it was lost is no culprit: it stays a suspect, and no loss is counted',
    async (room) => {
      const [id = ''] = await suspects(room, 1)
      const worker = await room.hand({ ttlMs: 5_000 })
      await worker.one({ alone: true })
      assert.equal((await sayEnding(room, worker)).lease, 'held')
      assert.equal((await room.store.workers()).find((one) => one.id === worker.id)?.ending, true)
      await room.clock.advance(5_001)
      await room.store.tend(100)
      await isUntouched(room, id)
      assert.equal((await (await room.hand()).one({ alone: true })).id, id)
    },
  ],
  [
    'ending-stays',
    'a worker that was told to stop stays so, whatever it beats later',
    async (room) => {
      const [id = ''] = await suspects(room, 1)
      const worker = await room.hand()
      await worker.one({ alone: true })
      await sayEnding(room, worker)
      await worker.beat()
      await room.store.lapse([worker.id], 'killed by SIGKILL')
      await isUntouched(room, id)
    },
  ],
  [
    'ended',
    'who takes the jobs of a dead worker away may say that it was ended, which is no crash',
    async (room) => {
      const [id = ''] = await suspects(room, 1)
      const worker = await room.hand()
      await worker.one({ alone: true })
      assert.equal(await room.store.lapse([worker.id], 'killed by SIGKILL', { ending: true }), 1)
      await isUntouched(room, id)
      const { attempts } = await room.see(id)
      assert.deepEqual([attempts?.at(-1)?.outcome, attempts?.at(-1)?.error?.code], ['lapse', 'LW2009'])
    },
  ],
  [
    'ended-beside-others',
    'jobs of a worker that was ended are lost without a count, however often',
    async (room) => {
      const id = await room.add()
      for (let turn = 0; turn < 3; turn++) {
        const worker = await room.hand()
        await worker.one()
        await room.store.lapse([worker.id], 'ended', { ending: true })
      }
      const { state, losses, suspect, attempt } = await room.see(id)
      assert.deepEqual([state, losses, suspect, attempt], ['ready', 0, undefined, 3])
    },
  ],
  [
    'told',
    'a claimed job says what a crash means for it, where that is not to run it again',
    async (room) => {
      await room.add()
      await room.add({ onCrash: 'retry' })
      await room.add({ onCrash: 'fail' })
      await room.add({ onCrash: 'dead' })
      const { jobs } = await (await room.hand()).claim(4)
      assert.deepEqual(
        jobs.map(({ onCrash }) => onCrash),
        [undefined, undefined, 'fail', 'dead'],
      )
    },
  ],
  [
    'unbegun-dead',
    'onCrash dead: a job that had not begun when its worker was lost runs again; one that had is dead',
    async (room) => {
      const [first = '', second = ''] = await room.addMany(2, { onCrash: 'dead' })
      const worker = await room.hand({ tellsBegin: true })
      const { jobs } = await worker.claim(2)
      assert.equal(await begin(room, worker, jobs[0] as Lease), 'applied')
      await room.store.lapse([worker.id], 'died')
      const ended = await room.see(first)
      assert.deepEqual([ended.state, ended.reason, ended.losses], ['dead', 'crashed', 1])
      const again = await room.see(second)
      assert.deepEqual([again.state, again.losses, again.attempt], ['ready', 0, 1])
      assert.match(again.attempts?.[0]?.error?.message ?? '', /had not begun/)
    },
  ],
  [
    'unbegun-fail',
    'onCrash fail: a job that had not begun when its worker was lost has not failed',
    async (room) => {
      const id = await room.add({ onCrash: 'fail', maxAttempts: 1 })
      const worker = await room.hand({ tellsBegin: true })
      await worker.one()
      await room.store.lapse([worker.id], 'died')
      const { state, failures, losses } = await room.see(id)
      assert.deepEqual([state, failures, losses], ['ready', 0, 0])
    },
  ],
  [
    'unbegun-suspect',
    'a suspect that had not begun when its worker was lost is no culprit; one that had is',
    async (room) => {
      const [id = ''] = await suspects(room, 1)
      const worker = await room.hand({ tellsBegin: true })
      await worker.one({ alone: true })
      await room.store.lapse([worker.id], 'died')
      await isUntouched(room, id)
      const next = await room.hand({ tellsBegin: true })
      await begin(room, next, await next.one({ alone: true }))
      await room.store.lapse([next.id], 'died')
      const { state, reason } = await room.see(id)
      assert.deepEqual([state, reason], ['dead', 'poison'])
    },
  ],
  [
    'unbegun-again',
    'a job that was lost once becomes no suspect by a loss before it began, nor by a begin of an earlier attempt',
    async (room) => {
      const id = await room.add()
      const lose = async (isBegun: boolean) => {
        const worker = await room.hand({ tellsBegin: true })
        const job = await worker.one()
        if (isBegun) await begin(room, worker, job)
        await room.store.lapse([worker.id], 'died')
      }
      await lose(true)
      await lose(false)
      const { losses, suspect } = await room.see(id)
      assert.deepEqual([losses, suspect], [1, undefined])
      await lose(true)
      assert.deepEqual([(await room.see(id)).losses, (await room.see(id)).suspect], [2, true])
    },
  ],
  [
    'begin-stale',
    'who no longer holds a job cannot say that it begins',
    async (room) => {
      const id = await room.add({ onCrash: 'dead' })
      const worker = await room.hand({ tellsBegin: true })
      const job = await worker.one()
      await room.store.lapse([worker.id], 'died')
      assert.equal(await begin(room, worker, job), 'stale')
      const next = await room.hand({ tellsBegin: true })
      await next.one()
      assert.equal(await begin(room, worker, job), 'stale')
      await room.store.lapse([next.id], 'died')
      assert.equal((await room.see(id)).state, 'ready')
    },
  ],
  [
    'silent',
    'of a worker that does not say when handlers begin, every job may have begun',
    async (room) => {
      const id = await room.add({ onCrash: 'dead' })
      const worker = await room.hand()
      await worker.one()
      await room.store.lapse([worker.id], 'died')
      const { state, reason } = await room.see(id)
      assert.deepEqual([state, reason], ['dead', 'crashed'])
    },
  ],
])

const sayEnding = ({ store }: Room, { id }: Hand) => store.beat({ worker: id, ttlMs: 5_000, ending: true })

const begin = async ({ store }: Room, worker: Hand, { id, fence }: Lease) =>
  (await store.record(worker.id, [{ id, fence, begun: true }]))[0]

/** A suspect that was lost twice, and waits to run alone. */
async function isUntouched(room: Room, id: string): Promise<void> {
  const { state, losses, failures, suspect } = await room.see(id)
  assert.deepEqual([state, losses, failures, suspect], ['ready', 2, 0, true])
}
