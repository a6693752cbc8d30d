import assert from 'node:assert/strict'
import type { ClaimedJob } from '../job/job.ts'
import type { Store } from '../store/index.ts'
import { theme } from './promise.ts'
import { anError, dice, findAll, type Hand, queue, type Room, recount } from './room.ts'

/** Many at once, on every handle that the house gives. */
export const crowdPromises = theme('crowd', 'L1', [
  [
    'claimers',
    'eight workers empty a queue together: each job has one holder, and none is left',
    async (room) => {
      await room.addMany(400)
      const got = (await Promise.all((await crew(room, 8)).map((worker) => drain(room, worker)))).flat()
      assert.equal(got.length, 400)
      assert.equal(new Set(got.map(({ id }) => id)).size, 400)
      assert.deepEqual((await room.count()).states.completed, 400)
      await recount(room.store)
    },
  ],
  [
    'enqueuers',
    'eight producers with the same ids: each id is created once',
    async (room) => {
      const jobs = Array.from({ length: 100 }, () => room.job())
      const handles = await stores(room)
      const answers = await Promise.all(
        Array.from({ length: 8 }, (_, i) => (handles[i % handles.length] as Store).enqueue(jobs)),
      )
      for (const [i, { id }] of jobs.entries()) {
        assert.equal(answers.filter((answer) => answer[i]?.outcome === 'created').length, 1, id)
      }
      assert.equal((await room.count()).states.ready, 100)
    },
  ],
  [
    'settlers',
    'one lease settled in two ways at once: one ending, one attempt',
    async (room) => {
      const ids = await room.addMany(50)
      const worker = await room.hand()
      const { jobs } = await worker.claim(50)
      const [a, b] = await Promise.all([
        room.store.settle(
          worker.id,
          jobs.map(({ id, fence }) => ({ id, fence, move: 'complete' as const })),
        ),
        room.store.settle(
          worker.id,
          jobs.map(({ id, fence }) => ({
            id,
            fence,
            move: 'bury' as const,
            reason: 'exhausted',
            error: anError(),
          })),
        ),
      ])
      for (const [i, id] of ids.entries()) {
        assert.deepEqual([a[i], b[i]].sort(), ['applied', 'conflict'])
        const { attempts, state } = await room.see(id)
        assert.deepEqual([attempts?.length, state], [1, a[i] === 'applied' ? 'completed' : 'dead'])
      }
      await recount(room.store)
    },
  ],
  [
    'lapse-settle',
    'a settle and a lapse at once: the one or the other, never both',
    async (room) => {
      const workers = await crew(room, 6)
      for (const worker of workers) {
        const id = await room.add()
        const { fence } = await worker.one()
        const handles = await stores(room)
        const [answer, taken] = await Promise.all([
          worker.settle({ id, fence }, 'complete'),
          (handles.at(-1) as Store).lapse([worker.id], 'thought dead'),
        ])
        const { state, losses, attempts } = await room.see(id)
        assert.equal(attempts?.length, 1)
        if (answer === 'applied') assert.deepEqual([taken, state, losses], [0, 'completed', 0])
        else assert.deepEqual([answer, taken, state, losses], ['stale', 1, 'ready', 1])
        if (state === 'ready') await room.act('remove', id)
      }
      await recount(room.store)
    },
  ],
  [
    'cancel-claim',
    'a cancel and a claim at once: the job is cancelled, or it runs and is asked',
    async (room) => {
      const worker = await room.hand()
      for (let i = 0; i < 10; i++) {
        const id = await room.add()
        const [outcome, { jobs }] = await Promise.all([room.act('cancel', id, 'race'), worker.claim(1)])
        const { state, cancelRequested } = await room.see(id)
        if (outcome === 'done') assert.deepEqual([jobs.length, state], [0, 'cancelled'])
        else assert.deepEqual([outcome, jobs.length, state, cancelRequested], ['asked', 1, 'running', 'race'])
        if (jobs[0]) await worker.settle(jobs[0], 'complete')
      }
      await recount(room.store)
    },
  ],
  [
    'tenders',
    'upkeep by many at once charges each loss once and promotes each job once',
    async (room) => {
      const ids = await room.addMany(30)
      const later = await room.addMany(30, { delayMs: 500 })
      await (await room.hand({ ttlMs: 500 })).claim(30)
      await room.clock.advance(501)
      const handles = await stores(room)
      const done = await Promise.all(
        Array.from({ length: 6 }, (_, i) => (handles[i % handles.length] as Store).tend(1_000)),
      )
      assert.equal(
        done.reduce((sum, { lapsed }) => sum + lapsed, 0),
        30,
      )
      assert.equal(
        done.reduce((sum, { promoted }) => sum + promoted, 0),
        30,
      )
      for (const job of await room.store.get(ids)) assert.equal(job?.losses, 1)
      assert.deepEqual(new Set(await room.states([...ids, ...later])), new Set(['ready']))
      await recount(room.store)
    },
  ],
  [
    'order',
    'a queue with one claimer keeps its order while producers go on',
    async (room) => {
      const worker = await room.hand()
      const sent: string[] = []
      const seen: string[] = []
      const produce = async () => {
        for (let i = 0; i < 20; i++) {
          sent.push(...(await room.addMany(5)))
          await room.clock.advance(1)
        }
      }
      const consume = async () => {
        while (seen.length < 100) {
          await room.clock.advance(0)
          const { jobs } = await worker.claim(7)
          seen.push(...jobs.map(({ id }) => id))
          await room.store.settle(
            worker.id,
            jobs.map(({ id, fence }) => ({ id, fence, move: 'complete' as const })),
          )
        }
      }
      await Promise.all([produce(), consume()])
      assert.deepEqual(seen, sent)
    },
  ],
  [
    'storm',
    'producers, workers, losses, cancels and upkeep at once: nothing lost, nothing doubled, counters true',
    async (room) => {
      await storm(room)
    },
  ],
])

/** Each handle of the data that can be had. */
export async function stores(room: Room): Promise<readonly Store[]> {
  if (!room.store.can.shared) return [room.store]
  return [room.store, (spare.get(room) ?? spare.set(room, await room.house.open()).get(room)) as Store]
}
const spare = new WeakMap<Room, Store>()

async function crew(room: Room, size: number): Promise<readonly Hand[]> {
  const handles = await stores(room)
  return Promise.all(
    Array.from({ length: size }, (_, i) => room.hand({ store: handles[i % handles.length] as Store })),
  )
}

/** Claims and completes, by exchange, until nothing comes any more. */
async function drain(room: Room, worker: Hand): Promise<readonly ClaimedJob[]> {
  const got: ClaimedJob[] = []
  for (let batch = (await worker.claim(5)).jobs; batch.length > 0; batch = (await worker.claim(5)).jobs) {
    got.push(...batch)
    const answers = await room.store.settle(
      worker.id,
      batch.map(({ id, fence }) => ({ id, fence, move: 'complete' as const })),
    )
    assert.ok(answers.every((answer) => answer === 'applied'))
  }
  return got
}

/** A seeded tumult; afterwards every job that was accepted ends, once. */
async function storm(room: Room): Promise<void> {
  const random = dice(42)
  const ids: string[] = []
  const completions = new Map<string, number>()
  const producer = async () => {
    for (let i = 0; i < 20; i++) ids.push(...(await room.addMany(10, random() < 0.3 ? { delayMs: 5 } : {})))
  }
  const worker = async () => {
    for (let life = 0; life < 4; life++) {
      const hand = await room.hand()
      for (let i = 0; i < 6; i++) {
        for (const job of (await hand.claim(4)).jobs) {
          const move = random() < 0.6 ? 'complete' : random() < 0.5 ? 'retry' : 'release'
          const answer = await hand.settle(job, move, {
            delayMs: 0,
            ...(move === 'retry' && { error: anError() }),
          })
          if (answer === 'applied' && move === 'complete')
            completions.set(job.id, (completions.get(job.id) ?? 0) + 1)
        }
      }
      await (random() < 0.5 ? room.store.lapse([hand.id], 'storm') : room.store.leave(hand.id))
    }
  }
  const people = async () => {
    for (let i = 0; i < 30; i++) {
      const id = ids[Math.floor(random() * ids.length)]
      if (id !== undefined) await room.act('cancel', id, 'storm')
      await room.clock.advance(1)
      await room.store.tend(50)
    }
  }
  await Promise.all([producer(), producer(), worker(), worker(), worker(), people()])
  await recount(room.store)
  await room.clock.advance(3_600_000)
  await room.store.tend(10_000)
  for (const job of await drain(room, await room.hand()))
    completions.set(job.id, (completions.get(job.id) ?? 0) + 1)
  const found = await findAll(room.store, { queue })
  assert.equal(found.length, ids.length)
  for (const { id, state, attempt } of found) {
    assert.ok(state === 'completed' || state === 'cancelled', `${id} is ${state}`)
    assert.equal(completions.get(id) ?? 0, state === 'completed' ? 1 : 0)
    assert.equal((await room.see(id)).attempts?.length, attempt)
  }
  await recount(room.store)
}
