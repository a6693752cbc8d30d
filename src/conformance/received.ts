import assert from 'node:assert/strict'
import { faulty, type Store } from '../store/index.ts'
import { theme } from './promise.ts'
import { anError, queue, type Room } from './room.ts'

/** What becomes of calls whose reply was lost: they are repeated, and nothing is stranded or doubled. */
export const receivedPromises = theme('lost-reply', 'L0', [
  [
    'claim',
    'jobs of a claim whose reply was lost come again, with the same fence and attempt',
    async ({ addMany, hand, see }) => {
      const [id] = await addMany(1)
      const worker = await hand()
      const [lost] = (await worker.claimInVain(5)).jobs
      const { jobs } = await worker.claim(5)
      assert.deepEqual(jobs, [lost])
      assert.deepEqual([(await see(id as string)).attempt, (await see(id as string)).fence], [1, 1])
    },
  ],
  [
    'received',
    'jobs of an answer that arrived do not come again',
    async ({ addMany, hand }) => {
      await addMany(2)
      const worker = await hand()
      await worker.claim(5)
      assert.deepEqual((await worker.claim(5)).jobs, [])
    },
  ],
  [
    'beat',
    'a beat never gives jobs back that the worker did not hear of',
    async ({ addMany, hand, clock, states }) => {
      const ids = await addMany(3)
      const worker = await hand({ ttlMs: 1_000 })
      await worker.claimInVain(3)
      for (let i = 0; i < 5; i++) {
        await clock.advance(800)
        assert.equal((await worker.beat()).lease, 'held')
      }
      assert.deepEqual(await states(ids), ['running', 'running', 'running'])
      assert.deepEqual(
        (await worker.claim(3)).jobs.map(({ id }) => id),
        ids,
      )
    },
  ],
  [
    'limit',
    'jobs that come again count towards the limit',
    async ({ addMany, hand }) => {
      const ids = await addMany(6)
      const worker = await hand()
      await worker.claimInVain(2)
      assert.deepEqual((await worker.claim(3)).jobs.map(({ id }) => id).sort(), ids.slice(0, 3))
    },
  ],
  [
    'queue-limit',
    'jobs that come again count towards the limit of their queue',
    async ({ addMany, hand }) => {
      const ids = await addMany(6)
      const worker = await hand()
      await worker.claimInVain(2)
      const { jobs } = await worker.claim(5, { queues: [{ name: queue, limit: 3 }] })
      assert.deepEqual(jobs.map(({ id }) => id).sort(), ids.slice(0, 3))
    },
  ],
  [
    'same-ask',
    'the very same question asked again is answered with the very same jobs',
    async ({ addMany, hand, store, see }) => {
      const [id] = await addMany(3)
      const worker = await hand()
      const ask = worker.ask(2)
      const first = await store.claim(ask)
      assert.equal(first.jobs.length, 2)
      assert.deepEqual((await store.claim(ask)).jobs, first.jobs)
      assert.equal((await see(id as string)).attempt, 1)
    },
  ],
  [
    'twice',
    'two lost replies in a row strand nothing',
    async ({ addMany, hand }) => {
      const ids = await addMany(4)
      const worker = await hand()
      await worker.claimInVain(1)
      await worker.claimInVain(3)
      assert.deepEqual((await worker.claim(4)).jobs.map(({ id }) => id).sort(), [...ids].sort())
    },
  ],
  [
    'room',
    'what finds no room in one answer comes with a later one, although the answers between arrived',
    async ({ addMany, hand }) => {
      const ids = await addMany(5)
      const worker = await hand()
      await worker.claimInVain(5)
      const got: string[] = []
      for (const limit of [0, 2, 0, 2, 2]) got.push(...(await worker.claim(limit)).jobs.map(({ id }) => id))
      assert.deepEqual(got, ids)
      assert.deepEqual((await worker.claim(5)).jobs, [])
    },
  ],
  [
    'paused',
    'a job that was handed out before its queue was paused comes again',
    async ({ addMany, hand, store }) => {
      const ids = await addMany(2)
      const worker = await hand()
      await worker.claimInVain(1)
      await store.setQueues([{ name: queue, paused: { reason: 'repair', by: 'ada' } }])
      assert.deepEqual(
        (await worker.claim(2)).jobs.map(({ id }) => id),
        ids.slice(0, 1),
      )
    },
  ],
  [
    'settled',
    'a job that was settled does not come again',
    async ({ addMany, hand }) => {
      await addMany(1)
      const worker = await hand()
      const [job] = (await worker.claimInVain(1)).jobs
      assert.ok(job)
      assert.equal(await worker.settle(job, 'complete'), 'applied')
      assert.deepEqual((await worker.claim(1)).jobs, [])
    },
  ],
  [
    'others',
    'another worker does not get what was handed to the first',
    async ({ addMany, hand }) => {
      await addMany(1)
      await (await hand()).claimInVain(1)
      assert.deepEqual((await (await hand()).claim(1)).jobs, [])
    },
  ],
  [
    'exchange',
    'an exchange whose reply was lost is repeated: settled once, the same jobs again',
    async ({ addMany, hand, store, see }) => {
      const [first, second] = await addMany(2)
      const worker = await hand()
      const { id, fence } = await worker.one()
      const settlements = [{ id, fence, move: 'retry', delayMs: 60_000, error: anError() }] as const
      const ask = worker.ask(1)
      const lost = await store.exchange(settlements, ask)
      const { settled, claimed } = await store.exchange(settlements, ask)
      assert.deepEqual(settled, ['applied'])
      assert.deepEqual(claimed.jobs, lost.claimed.jobs)
      assert.deepEqual(
        claimed.jobs.map((job) => job.id),
        [second],
      )
      assert.deepEqual([(await see(first as string)).failures, (await see(second as string)).attempt], [1, 1])
    },
  ],
  [
    'enqueue',
    'an enqueue repeated after its reply was lost finds its jobs, not doubles',
    async (room) => {
      const jobs = [room.job(), room.job({ delayMs: 10 })]
      const answers = await repeated(room, 'enqueue', (store) => store.enqueue(jobs))
      assert.deepEqual(
        answers.map(({ outcome }) => outcome),
        ['duplicate', 'duplicate'],
      )
      assert.deepEqual(await room.states(jobs.map(({ id }) => id)), ['ready', 'scheduled'])
      assert.equal((await room.count()).states.ready, 1)
    },
  ],
  [
    'settle',
    'a settle repeated after its reply was lost is answered applied and counts once',
    async (room) => {
      const id = await room.add()
      const worker = await room.hand()
      const { fence } = await worker.one()
      const answers = await repeated(room, 'settle', (store) =>
        store.settle(worker.id, [{ id, fence, move: 'retry', delayMs: 5_000, error: anError() }]),
      )
      const { failures, attempts, state } = await room.see(id)
      assert.deepEqual(answers, ['applied'])
      assert.deepEqual([failures, attempts?.length, state], [1, 1, 'scheduled'])
    },
  ],
  [
    'record',
    'progress repeated after its reply was lost is the same progress',
    async (room) => {
      const id = await room.add()
      const worker = await room.hand()
      const { fence } = await worker.one()
      const answers = await repeated(room, 'record', (store) =>
        store.record(worker.id, [{ id, fence, progress: { percent: 40 } }]),
      )
      assert.deepEqual(answers, ['applied'])
      assert.equal((await room.see(id)).progress?.percent, 40)
    },
  ],
  [
    'register',
    'a registration repeated after its reply was lost is one worker',
    async (room) => {
      const about = { host: 'h', pid: 2, version: '1', queues: [queue], tasks: [], concurrency: 1 }
      const answer = await repeated(room, 'beat', (store) => store.beat({ worker: 'w', ttlMs: 9_000, about }))
      assert.equal(answer.lease, 'held')
      assert.equal((await room.store.workers()).length, 1)
    },
  ],
  [
    'lapse',
    'a lapse repeated after its reply was lost charges one loss',
    async (room) => {
      const id = await room.add()
      const worker = await room.hand()
      await worker.one()
      await repeated(room, 'lapse', (store) => store.lapse([worker.id], 'it died'))
      const { losses, fence, attempts } = await room.see(id)
      assert.deepEqual([losses, fence, attempts?.length], [1, 2, 1])
    },
  ],
  [
    'leave',
    'a leave repeated after its reply was lost releases once',
    async (room) => {
      const id = await room.add()
      const worker = await room.hand()
      await worker.one()
      await repeated(room, 'leave', (store) => store.leave(worker.id))
      const { releases, losses, attempts, state } = await room.see(id)
      assert.deepEqual([releases, losses, attempts?.length, state], [1, 0, 1, 'ready'])
    },
  ],
  [
    'tend',
    'upkeep repeated after its reply was lost does its work once',
    async (room) => {
      const id = await room.add()
      await (await room.hand({ ttlMs: 1_000 })).one()
      await room.clock.advance(1_001)
      const again = await repeated(room, 'tend', (store) => store.tend(100))
      assert.equal(again.lapsed, 0)
      assert.equal((await room.see(id)).losses, 1)
    },
  ],
  [
    'act',
    'a person’s order repeated after its reply was lost changes nothing more',
    async (room) => {
      const id = await room.add()
      const worker = await room.hand()
      await worker.settle(await worker.one(), 'bury', { reason: 'exhausted', error: anError() })
      await repeated(room, 'act', (store) => store.act({ verb: 'retry', ids: [id], by: 'ada' }))
      assert.equal((await room.see(id)).state, 'ready')
      assert.equal((await worker.claim(5)).jobs.length, 1)
      assert.equal((await worker.claim(5)).jobs.length, 0)
    },
  ],
  [
    'pause',
    'a pause repeated after its reply was lost is one pause',
    async (room) => {
      await room.add()
      await repeated(room, 'setQueues', (store) =>
        store.setQueues([{ name: queue, paused: { reason: 'r', by: 'ada' } }]),
      )
      assert.equal((await room.count()).paused?.reason, 'r')
      await room.store.setQueues([{ name: queue, paused: null }])
      assert.equal((await room.count()).paused, undefined)
    },
  ],
])

/** Calls twice: the first call is done but its reply is lost; the answer is that of the second. */
async function repeated<T>(room: Room, verb: keyof Store, call: (store: Store) => Promise<T>): Promise<T> {
  let left = 1
  const store = faulty(room.store, (asked) => (asked === verb && left-- > 0 ? 'lost-reply' : undefined))
  await assert.rejects(call(store), /reply of .* lost/)
  return call(store)
}
