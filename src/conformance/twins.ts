import assert from 'node:assert/strict'
import type { SettleMove } from '../job/job.ts'
import type { Unique } from '../job/unique.ts'
import { type Case, theme } from './promise.ts'
import { anError, type Room, recount } from './room.ts'
import { rule } from './unique.ts'

const replacing: Partial<Unique> = { onConflict: 'replace' }

/** Enqueues one newcomer and says what became of it. */
export async function meet({ store, job }: Room, fields: Parameters<Room['job']>[0]) {
  const newcomer = job(fields)
  const [answer] = await store.enqueue([newcomer])
  return { newcomer, outcome: answer?.outcome, id: answer?.id }
}

/** A job that lets its key go when it starts runs, and a newer one has taken the key. */
export async function overtaken(room: Room) {
  const id = await room.add(rule('waiting'))
  const worker = await room.hand()
  const lease = await worker.one()
  const { newcomer, outcome } = await meet(room, rule('waiting'))
  assert.equal(outcome, 'created')
  return { id, worker, lease, twin: newcomer.id }
}

const backs: readonly SettleMove[] = ['retry', 'snooze', 'release']

/** What becomes of a job that comes back into line where a newer one holds its key. */
const yields: readonly Case[] = [0, 5_000].flatMap((delayMs) =>
  backs.map(
    (move): Case => [
      `yield-${move}${delayMs > 0 ? '-later' : ''}`,
      `a job that lets its key go at its start and comes back by ${move}${delayMs > 0 ? ' for later' : ''} is cancelled where a newer one holds the key`,
      async (room) => {
        const { id, worker, lease, twin } = await overtaken(room)
        assert.equal(await worker.settle(lease, move, { delayMs, error: anError() }), 'applied')
        const { state, reason, attempts } = await room.see(id)
        assert.deepEqual([state, reason], ['cancelled', `replaced by ${twin}`])
        assert.deepEqual(
          attempts?.map(({ outcome, error }) => [outcome, error?.message]),
          [[move, anError().message]],
        )
        assert.deepEqual(await room.states([twin]), ['ready'])
        await recount(room.store)
      },
    ],
  ),
)

export const twinPromises = theme('twin', 'L0', [
  ...yields,
  [
    'yield-lapse',
    'a job that comes back because its worker is lost is cancelled where a newer one holds the key',
    async (room) => {
      const { id, worker, twin } = await overtaken(room)
      await room.store.lapse([worker.id], 'it died')
      const { state, reason, losses } = await room.see(id)
      assert.deepEqual([state, reason, losses], ['cancelled', `replaced by ${twin}`, 1])
    },
  ],
  [
    'overtaken-completes',
    'a job whose key a newer one holds completes as ever, and the newer one keeps the key',
    async (room) => {
      const { id, worker, lease, twin } = await overtaken(room)
      await worker.settle(lease, 'complete', { result: '1' })
      assert.deepEqual(await room.states([id, twin]), ['completed', 'ready'])
      assert.equal((await meet(room, rule('waiting'))).id, twin)
    },
  ],
  [
    'back-free',
    'a job that comes back into line takes its key again when nobody holds it',
    async (room) => {
      const { worker, lease, twin, id } = await overtaken(room)
      await room.act('remove', twin)
      await worker.settle(lease, 'retry', { delayMs: 0 })
      assert.deepEqual((await meet(room, rule('waiting'))).id, id)
    },
  ],
  [
    'revive-refused',
    'a person’s retry is refused where another job holds the key, and the answer names it',
    async (room) => {
      const { store, add, act, states } = room
      const id = await add(rule())
      await act('cancel', id)
      const twin = await add(rule())
      assert.deepEqual(await store.act({ verb: 'retry', ids: [id], by: 'ada' }), [
        { outcome: 'refused', state: 'cancelled', twin },
      ])
      assert.deepEqual(await states([id]), ['cancelled'])
      await act('remove', twin)
      assert.equal(await act('retry', id), 'done')
      assert.equal((await meet(room, rule())).id, id)
    },
  ],
  [
    'revive-in-call',
    'of two jobs of one key that a person retries at once, the first comes back',
    async (room) => {
      const ids = [await room.add(rule())]
      await room.act('cancel', ids[0] as string)
      ids.push(await room.add(rule()))
      await room.act('cancel', ids[1] as string)
      const answers = await room.store.act({ verb: 'retry', ids, by: 'ada' })
      assert.deepEqual(
        answers.map(({ outcome, twin }) => [outcome, twin]),
        [
          ['done', undefined],
          ['refused', ids[0]],
        ],
      )
    },
  ],
  [
    'replace',
    'with replace a waiting job takes payload, time, priority and tags, and keeps id and age',
    async (room) => {
      const id = await room.add({ ...rule(), delayMs: 60_000, tags: ['old'], priority: 9 })
      const { createdAt } = await room.see(id)
      await room.clock.advance(1_000)
      const met = await meet(room, {
        ...rule('incomplete', replacing),
        payload: '"new"',
        version: 2,
        delayMs: 7_000,
        priority: 1,
        tags: ['new'],
        maxAttempts: 8,
      })
      assert.deepEqual([met.id, met.outcome], [id, 'replaced'])
      const seen = await room.see(id)
      assert.deepEqual(
        [seen.payload, seen.version, seen.priority, seen.tags, seen.maxAttempts, seen.createdAt],
        ['"new"', 2, 1, ['new'], 8, createdAt],
      )
      assert.deepEqual([seen.state, seen.availableAt], ['scheduled', room.clock.now() + 7_000])
      const byTag = async (tag: string) => (await room.store.find({ tag }, { limit: 5 })).jobs.length
      assert.deepEqual([await byTag('old'), await byTag('new')], [0, 1])
    },
  ],
  [
    'replace-moves',
    'a job that is replaced becomes ready or scheduled as the newcomer would',
    async (room) => {
      const id = await room.add({ ...rule(), delayMs: 60_000 })
      await meet(room, rule('incomplete', replacing))
      assert.deepEqual(await room.states([id]), ['ready'])
      await recount(room.store)
      await meet(room, { ...rule('incomplete', replacing), delayMs: 1_000 })
      assert.deepEqual(await room.states([id]), ['scheduled'])
      await recount(room.store)
    },
  ],
  [
    'replace-in-call',
    'in one call the last of a key to replace the others is what the job says',
    async ({ store, job, see }) => {
      const jobs = ['1', '2', '3'].map((payload) => job({ ...rule('incomplete', replacing), payload }))
      const answers = await store.enqueue(jobs)
      assert.deepEqual(
        answers.map(({ id, outcome }) => [id === jobs[0]?.id, outcome]),
        [
          [true, 'created'],
          [true, 'replaced'],
          [true, 'replaced'],
        ],
      )
      assert.equal((await see(jobs[0]?.id as string)).payload, '3')
    },
  ],
  [
    'replace-running',
    'a job that runs is not replaced: the newcomer gets it as it is',
    async (room) => {
      const id = await room.add(rule())
      await (await room.hand()).one()
      const before = await room.see(id)
      const met = await meet(room, { ...rule('incomplete', replacing), payload: '2' })
      assert.deepEqual([met.id, met.outcome], [id, 'existing'])
      assert.deepEqual(await room.see(id), before)
    },
  ],
  [
    'replace-retrying',
    'a job that waits to be tried again takes the newcomer’s payload and keeps its time and its counters',
    async (room) => {
      const id = await room.add(rule())
      const worker = await room.hand()
      const lease = await worker.one()
      await room.store.record(worker.id, [{ ...lease, checkpoint: '{"came":"far"}' }])
      await worker.settle(lease, 'retry', { delayMs: 5_000, error: anError() })
      const before = await room.see(id)
      await meet(room, { ...rule('incomplete', replacing), payload: '2' })
      const { payload, availableAt, failures, attempt, checkpoint } = await room.see(id)
      assert.equal(checkpoint, undefined, 'what another input had come to is gone')
      assert.deepEqual([payload, availableAt, failures, attempt], ['2', before.availableAt, 1, 1])
    },
  ],
  [
    'replace-ttl',
    'ttl and deadline of a job that is replaced count from then',
    async (room) => {
      const id = await room.add({ ...rule(), delayMs: 60_000, ttlMs: 2_000 })
      await room.clock.advance(1_500)
      await meet(room, { ...rule('incomplete', replacing), ttlMs: 2_000, deadlineMs: 9_000 })
      assert.equal((await room.see(id)).expiresAt, room.clock.now() + 2_000)
      const { deadlineAt } = await (await room.hand()).one()
      assert.equal(deadlineAt, room.clock.now() + 9_000)
    },
  ],
  [
    'max-wait',
    'a job that is replaced starts no later than its longest wait after its own enqueue',
    async (room) => {
      const debounce = { ...rule('waiting', { ...replacing, maxWaitMs: 2_500 }), delayMs: 1_000 }
      const id = await room.add(debounce)
      const { createdAt } = await room.see(id)
      const times: number[] = []
      for (let n = 0; n < 4; n++) {
        await room.clock.advance(600)
        await meet(room, { ...debounce, payload: `${n}` })
        times.push((await room.see(id)).availableAt - createdAt)
      }
      assert.deepEqual(times, [1_600, 2_200, 2_500, 2_500])
    },
  ],
  [
    'latest',
    'with latest a waiting job takes the payload and keeps its place in the line',
    async (room) => {
      const id = await room.add({ ...rule('waiting'), priority: 3 })
      const { availableAt } = await room.see(id)
      await room.clock.advance(1_000)
      const behind = await room.add({ priority: 3 })
      const newest = { ...rule('waiting', { onConflict: 'latest' }), payload: '2', priority: 9, delayMs: 500 }
      assert.equal((await meet(room, newest)).outcome, 'replaced')
      const seen = await room.see(id)
      assert.deepEqual(
        [seen.payload, seen.availableAt, seen.priority, seen.state],
        ['2', availableAt, 3, 'ready'],
      )
      const { jobs } = await (await room.hand()).claim(2)
      assert.deepEqual(
        jobs.map((one) => one.id),
        [id, behind],
      )
    },
  ],
  [
    'window',
    'a key that is held for a time is free when the time is over, whatever the job does',
    async (room) => {
      const id = await room.add({ ...rule('present', { forMs: 10_000 }), delayMs: 60_000 })
      await room.clock.advance(9_999)
      assert.equal((await meet(room, rule())).id, id)
      await room.clock.advance(1)
      const { newcomer, outcome } = await meet(room, rule())
      assert.equal(outcome, 'created')
      assert.equal(await room.act('cancel', id), 'done')
      assert.equal((await meet(room, rule())).id, newcomer.id)
    },
  ],
  [
    'window-kept',
    'a finished job that holds its key for a time is kept as long',
    async (room) => {
      const retain = { completed: 0, dead: 0, cancelled: 0 }
      const id = await room.add({ ...rule('present', { forMs: 10_000 }), retain })
      const worker = await room.hand()
      await worker.settle(await worker.one(), 'complete')
      await room.clock.advance(9_999)
      await room.store.tend(10)
      assert.deepEqual(await room.states([id]), ['completed'])
      assert.equal((await meet(room, rule())).id, id)
      await room.clock.advance(1)
      await room.store.tend(10)
      assert.deepEqual(await room.states([id]), ['gone'])
    },
  ],
])
