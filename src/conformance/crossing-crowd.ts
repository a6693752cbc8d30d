import assert from 'node:assert/strict'
import type { Store } from '../store/index.ts'
import { start, stepOf } from './bulk.ts'
import { stores } from './crowd.ts'
import { bury } from './failures.ts'
import { limit } from './intake.ts'
import { theme } from './promise.ts'
import { anError, findAll, recount, type Room } from './room.ts'
import { slotStates, timetable } from './schedules.ts'
import { rule } from './unique.ts'

/** What eight do at once, each on one of the handles. */
async function eight<T>(room: Room, act: (store: Store, i: number) => Promise<T>): Promise<readonly T[]> {
  const handles = await stores(room)
  return Promise.all(Array.from({ length: 8 }, (_, i) => act(handles[i % handles.length] as Store, i)))
}

/** Many at once where features meet. */
export const crowdCrossings = theme('crowd', 'L1', [
  [
    'unique',
    'eight producers of one key: one job, and all others are answered with it',
    async (room) => {
      for (const onConflict of ['return', 'replace', 'throw'] as const) {
        const key = { ...rule('incomplete', { key: onConflict, onConflict }), queue: onConflict }
        const answers = (await eight(room, (store) => store.enqueue([room.job(key), room.job(key)]))).flat()
        const created = answers.filter(({ outcome }) => outcome === 'created')
        assert.equal(created.length, 1, onConflict)
        const twins = answers.map((one) =>
          one.outcome === 'refused' && one.refusal.because === 'twin' ? one.refusal.twin : one.id,
        )
        assert.deepEqual(new Set(twins), new Set([created[0]?.id]))
        assert.equal((await room.count(onConflict)).states.ready, 1)
      }
      await recount(room.store)
    },
  ],
  [
    'revive',
    'eight people bring dead jobs of one key back: one of them lives',
    async (room) => {
      const ids: string[] = []
      for (let n = 0; n < 8; n++) ids.push(...(await bury(room, [rule()])))
      const answers = await eight(room, (store, i) =>
        store.act({ verb: 'retry', ids: [String(ids[i])], by: `p${i}` }),
      )
      assert.equal(answers.flat().filter(({ outcome }) => outcome === 'done').length, 1)
      const { ready, dead } = (await room.count()).states
      assert.deepEqual([ready, dead], [1, 7])
      await recount(room.store)
    },
  ],
  [
    'intake',
    'eight producers at a queue with room for ten: ten jobs, and each refusal is told',
    async (room) => {
      await limit(room, { maxWaiting: 10 })
      const answers = await eight(room, (store) => store.enqueue(Array.from({ length: 3 }, () => room.job())))
      const created = answers.flat().filter(({ outcome }) => outcome === 'created')
      assert.equal(created.length, 10)
      assert.equal((await room.count()).states.ready, 10)
    },
  ],
  [
    'redrive',
    'eight that take the same step of a redrive at once: each job comes back once',
    async (room) => {
      const ids = await bury(
        room,
        Array.from({ length: 20 }, () => ({})),
      )
      const step = await stepOf(room, await start(room))
      const answers = await eight(room, (store) => store.bulk.step(step))
      assert.equal(answers.filter(({ outcome }) => outcome === 'applied').length, 1)
      const [bulk] = await room.store.bulk.list()
      assert.deepEqual([bulk?.done, bulk?.skipped], [20, 0])
      assert.equal((await room.count()).states.ready, ids.length)
      await recount(room.store)
    },
  ],
  [
    'overlap',
    'workers that run a schedule together run one job of it at a time, in the order of its slots',
    async (room) => {
      const table = await timetable(room, 'bufferAll')
      const slots = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]
      await table.fire(slots)
      const seen: string[] = []
      let running = 0
      await eight(room, async (store) => {
        const hand = await room.hand({ store })
        for (let turn = 0; turn < 400 && seen.length < slots.length; turn++) {
          for (const job of (await hand.claim(3)).jobs) {
            assert.equal((running += 1), 1, 'another run is not over')
            seen.push(job.id)
            await room.clock.advance(0)
            running -= 1
            await hand.settle(job, 'complete')
          }
        }
      })
      assert.deepEqual(seen, slots.map(table.id))
      assert.equal(new Set(await slotStates(room, table, slots)).size, 1)
    },
  ],
  [
    'twins',
    'newcomers, retries and losses of one key at once: never two of its jobs in line',
    async (room) => {
      const inLine = async (): Promise<number> => {
        const { ready, scheduled } = (await room.count()).states
        return ready + scheduled
      }
      for (let turn = 0; turn < 10; turn++) {
        const worker = await room.hand()
        await room.store.enqueue([room.job(rule('waiting'))])
        const { jobs } = await worker.claim(5)
        await eight(room, async (store, i) => {
          const { id = '', fence = 0 } = jobs[0] ?? {}
          const move = i % 4 === 1 ? 'retry' : 'release'
          if (i % 4 === 0) await store.enqueue([room.job(rule('waiting'))])
          else if (i % 4 === 3) await store.lapse([worker.id], 'it died')
          else await store.settle(worker.id, [{ id, fence, move, delayMs: 0, error: anError() }])
          assert.ok((await inLine()) <= 1, 'two twins wait')
        })
        assert.equal(await inLine(), 1)
      }
      const states = new Set((await findAll(room.store)).map(({ state }) => state))
      assert.deepEqual([...states].sort(), ['cancelled', 'ready'])
      await recount(room.store)
    },
  ],
])
