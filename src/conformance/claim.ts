import assert from 'node:assert/strict'
import { theme } from './promise.ts'
import { leaseMs, queue } from './room.ts'

/** Who gets which job, and when. */
export const claimPromises = theme('claim', 'L0', [
  [
    'lease',
    'a claim raises fence and attempt by one, names the holder, and changes no failure',
    async ({ add, hand, see, clock }) => {
      const id = await add()
      await clock.advance(500)
      const worker = await hand()
      const job = await worker.one()
      const seen = await see(id)
      assert.deepEqual([job.id, job.fence, job.attempt, job.startedAt], [id, 1, 1, clock.now()])
      assert.deepEqual(
        [seen.state, seen.worker, seen.fence, seen.attempt, seen.failures],
        ['running', worker.id, 1, 1, 0],
      )
      assert.equal(seen.startedAt, clock.now())
    },
  ],
  [
    'again',
    'the second claim of a job is attempt 2 with a higher fence',
    async ({ add, hand }) => {
      await add()
      const worker = await hand()
      const first = await worker.one()
      await worker.settle(first, 'retry', { delayMs: 0 })
      const second = await worker.one()
      assert.equal(second.attempt, 2)
      assert.ok(second.fence > first.fence)
    },
  ],
  [
    'answer',
    'a claimed job carries all that its handler needs',
    async ({ add, hand, clock }) => {
      const createdAt = clock.now()
      const id = await add({ task: 'thumb', payload: '[1]', version: 4, maxAttempts: 6, deadlineMs: 9_000 })
      const job = await (await hand()).one()
      assert.deepEqual(job, {
        id,
        task: 'thumb',
        queue,
        payload: '[1]',
        version: 4,
        fence: 1,
        attempt: 1,
        failures: 0,
        losses: 0,
        maxAttempts: 6,
        createdAt,
        startedAt: clock.now(),
        deadlineAt: createdAt + 9_000,
      })
    },
  ],
  [
    'limit',
    'a claim brings at most its limit',
    async ({ addMany, hand }) => {
      await addMany(5)
      const worker = await hand()
      assert.equal((await worker.claim(3)).jobs.length, 3)
      assert.equal((await worker.claim(3)).jobs.length, 2)
      assert.equal((await worker.claim(3)).jobs.length, 0)
    },
  ],
  [
    'queue-limit',
    'a claim brings at most each queue’s own limit',
    async ({ addMany, hand }) => {
      await addMany(5, { queue: 'a' })
      await addMany(5, { queue: 'b' })
      const worker = await hand({ queues: ['a', 'b'] })
      const { jobs } = await worker.claim(10, {
        queues: [
          { name: 'a', limit: 2 },
          { name: 'b', limit: 4 },
        ],
      })
      assert.deepEqual(jobs.map((job) => job.queue).sort(), ['a', 'a', 'b', 'b', 'b', 'b'])
    },
  ],
  [
    'queues',
    'a claim brings only jobs of the queues it names',
    async ({ add, hand }) => {
      await add({ queue: 'other' })
      const id = await add()
      assert.deepEqual(
        (await (await hand()).claim(10)).jobs.map((job) => job.id),
        [id],
      )
    },
  ],
  [
    'known',
    'a claim that says which tasks it knows brings no others, and no payload newer than it knows',
    async ({ add, hand }) => {
      const stranger = await add({ task: 'thumb' })
      const newer = await add({ version: 3 })
      const mail = await add({ version: 2 })
      const worker = await hand()
      const ids = async (tasks: { name: string; version: number }[]) =>
        (await worker.claim(10, { tasks })).jobs.map((job) => job.id)
      assert.deepEqual(await ids([]), [])
      assert.deepEqual(await ids([{ name: 'mail', version: 2 }]), [mail])
      assert.deepEqual(
        await ids([
          { name: 'thumb', version: 1 },
          { name: 'mail', version: 3 },
        ]),
        [stranger, newer],
      )
    },
  ],
  [
    'known-order',
    'jobs of several tasks and versions are claimed in the order of their queue, however they are mixed',
    async ({ add, hand, clock }) => {
      const ids: string[] = []
      for (const i of Array.from({ length: 24 }).keys()) {
        ids.push(await add({ task: i % 3 === 0 ? 'thumb' : 'mail', version: 1 + (i % 2) }))
        await clock.advance(1)
      }
      const worker = await hand()
      const tasks = [
        { name: 'mail', version: 2 },
        { name: 'thumb', version: 2 },
      ]
      const taken: string[] = []
      for (const limit of [1, 2, 5, 1, 20, 20, 20, 20])
        taken.push(...(await worker.claim(limit, { tasks })).jobs.map((job) => job.id))
      assert.deepEqual(taken, ids)
    },
  ],
  [
    'rotate',
    'a worker that asks for one job at a time serves all its queues',
    async ({ addMany, hand }) => {
      await addMany(4, { queue: 'a' })
      await addMany(4, { queue: 'b' })
      const worker = await hand({ queues: ['a', 'b'] })
      const served: string[] = []
      for (let i = 0; i < 4; i++) served.push((await worker.one()).queue)
      assert.deepEqual(served.sort(), ['a', 'a', 'b', 'b'])
    },
  ],
  [
    'order',
    'jobs of one priority are claimed in the order in which they became available',
    async ({ add, hand, clock }) => {
      const late = await add({ delayMs: 2_000 })
      const first = await add()
      await clock.advance(1_000)
      const second = await add()
      await clock.advance(2_000)
      const { jobs } = await (await hand()).claim(10)
      assert.deepEqual(
        jobs.map(({ id }) => id),
        [first, second, late],
      )
    },
  ],
  [
    'priority',
    'a lower number goes first',
    async ({ add, hand }) => {
      const last = await add({ priority: 9 })
      const middle = await add({ priority: 5 })
      const first = await add({ priority: 0 })
      const { jobs } = await (await hand()).claim(10)
      assert.deepEqual(
        jobs.map(({ id }) => id),
        [first, middle, last],
      )
    },
  ],
  [
    'ageing',
    'each step of priority is worth one minute of waiting, so nothing starves',
    async ({ add, hand, clock }) => {
      const old = await add({ priority: 6 })
      await clock.advance(60_001)
      const young = await add({ priority: 5 })
      await clock.advance(1)
      const { jobs } = await (await hand()).claim(10)
      assert.deepEqual(
        jobs.map(({ id }) => id),
        [old, young],
      )
    },
  ],
  [
    'not-before',
    'no job is claimed before its time',
    async ({ add, hand, clock }) => {
      await add({ delayMs: 1_000 })
      const worker = await hand()
      await clock.advance(999)
      assert.equal((await worker.claim(10)).jobs.length, 0)
      await clock.advance(1)
      assert.equal((await worker.claim(10)).jobs.length, 1)
    },
  ],
  [
    'no-upkeep',
    'a due job is claimed although nobody calls tend, and its failures stay',
    async ({ add, hand, see, clock }) => {
      const id = await add({ delayMs: 1_000 })
      await clock.advance(5_000)
      assert.equal((await (await hand()).one()).id, id)
      assert.deepEqual([(await see(id)).failures, (await see(id)).fence], [0, 1])
    },
  ],
  [
    'once',
    'two workers never hold the same job',
    async ({ addMany, hand }) => {
      await addMany(6)
      const [a, b] = [await hand(), await hand()]
      const mine = (await a.claim(4)).jobs.map(({ id }) => id)
      const theirs = (await b.claim(4)).jobs.map(({ id }) => id)
      assert.equal(new Set([...mine, ...theirs]).size, 6)
      assert.equal(mine.length + theirs.length, 6)
    },
  ],
  [
    'empty',
    'an empty queue is answered at once, with the store’s time; a worker’s own lease is nothing to wait for',
    async ({ hand, clock }) => {
      const { lease, jobs, cancels, now, nextDueAt } = await (await hand()).claim(5)
      assert.deepEqual([lease, jobs, cancels, now, nextDueAt], ['held', [], [], clock.now(), undefined])
    },
  ],
  [
    'zero',
    'limit 0 brings no job, but cancellations and the next due time',
    async ({ add, addMany, hand, act, clock }) => {
      const running = await add()
      const worker = await hand()
      const { fence } = await worker.one()
      await act('cancel', running, 'enough')
      await addMany(2)
      await add({ delayMs: 4_000 })
      const { jobs, cancels, nextDueAt } = await worker.claim(0)
      assert.deepEqual(jobs, [])
      assert.deepEqual(cancels, [{ id: running, fence, reason: 'enough' }])
      assert.equal(nextDueAt, clock.now() + 4_000)
    },
  ],
  [
    'next-due',
    'the answer names the instant at which the next job falls due',
    async ({ add, hand, clock }) => {
      await add({ delayMs: 9_000 })
      await add({ delayMs: 3_000 })
      assert.equal((await (await hand()).claim(5)).nextDueAt, clock.now() + 3_000)
    },
  ],
  [
    'next-lapse',
    'a lease of another worker that runs out may bring work, so it counts as a due time',
    async ({ add, hand, clock }) => {
      await add()
      await (await hand({ ttlMs: 7_000 })).one()
      const { nextDueAt } = await (await hand()).claim(5)
      assert.ok(nextDueAt !== undefined && nextDueAt <= clock.now() + 7_000, `due at ${nextDueAt}`)
    },
  ],
  [
    'unregistered',
    'a worker that never registered hears that it holds nothing',
    async ({ addMany, store, count }) => {
      await addMany(2)
      const claimed = await store.claim({
        worker: 'nobody',
        call: 1,
        received: 0,
        limit: 5,
        queues: [{ name: queue, limit: 5 }],
      })
      assert.deepEqual([claimed.lease, claimed.jobs, claimed.cancels], ['lost', [], []])
      assert.equal((await count()).states.ready, 2)
    },
  ],
  [
    'lapsed',
    'a worker whose lease ran out gets no job',
    async ({ addMany, hand, clock }) => {
      await addMany(2)
      const worker = await hand({ ttlMs: 1_000 })
      await clock.advance(1_001)
      const claimed = await worker.claim(5)
      assert.deepEqual([claimed.lease, claimed.jobs], ['lost', []])
    },
  ],
  [
    'expired',
    'a job whose ttl has passed is not handed out',
    async ({ add, hand, clock }) => {
      await add({ ttlMs: 1_000 })
      await clock.advance(1_000)
      assert.equal((await (await hand()).claim(5)).jobs.length, 0)
    },
  ],
  [
    'many-queues',
    'a worker may serve a hundred queues',
    async ({ add, hand }) => {
      const queues = Array.from({ length: 100 }, (_, i) => `queue-${i}`)
      for (const name of ['queue-0', 'queue-50', 'queue-99']) await add({ queue: name })
      const { jobs } = await (await hand({ queues, ttlMs: leaseMs })).claim(10)
      assert.deepEqual(jobs.map((job) => job.queue).sort(), ['queue-0', 'queue-50', 'queue-99'])
    },
  ],
])
