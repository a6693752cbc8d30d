import assert from 'node:assert/strict'
import type { ClaimedJob, Enqueued, Settled } from '../job/job.ts'
import type { Beaten, Claimed } from '../store/index.ts'
import { theme } from './promise.ts'
import { findAll, queue, type Room, recount } from './room.ts'

const about = { host: 'child', pid: 1, version: '0.0.0', queues: [queue], tasks: [], concurrency: 10 }
const needs = ['spawn', 'shared', 'durable'] as const

/** Processes that die or freeze while they hold jobs. Real time: leases here last 600 ms, unless they are to hold. */
export const processPromises = theme('process', 'L2', [
  [
    'kill',
    'jobs of a process that was killed run again when its lease is over: a loss each, no failure',
    async (room) => {
      const ids = await room.addMany(20)
      const { child, jobs } = await childWorker(room, 20)
      assert.equal(jobs.length, 20)
      child.signal('SIGKILL')
      await child.gone
      const next = await room.hand()
      const got: ClaimedJob[] = []
      await until(room, async () => got.push(...(await next.claim(20)).jobs) >= 20)
      assert.deepEqual(got.map(({ id }) => id).sort(), [...ids].sort())
      for (const { id, attempt, failures, losses } of got) {
        assert.deepEqual([attempt, failures, losses], [2, 0, 1])
        assert.equal((await room.see(id)).attempts?.[0]?.outcome, 'lapse')
      }
      await recount(room.store)
    },
    { needs },
  ],
  [
    'kill-supervised',
    'jobs of a process that was killed are back at once when its supervisor says so',
    async (room) => {
      await room.addMany(20)
      const { child, worker } = await childWorker(room, 20, 60_000)
      child.signal('SIGKILL')
      await child.gone
      assert.equal(await room.store.lapse([worker], 'signal SIGKILL'), 20)
      assert.equal((await (await room.hand()).claim(20)).jobs.length, 20)
    },
    { needs },
  ],
  [
    'kill-enqueue',
    'what a producer heard acknowledged before it was killed is there',
    async (room) => {
      const child = await spawn(room)
      const acknowledged: string[] = []
      const calls = Array.from({ length: 60 }, async () => {
        const jobs = [room.job(), room.job()]
        const answers = (await child.call('enqueue', jobs)) as Enqueued[]
        acknowledged.push(...answers.map(({ id }) => id))
        if (acknowledged.length >= 40) child.signal('SIGKILL')
      })
      await Promise.allSettled(calls)
      await child.gone
      assert.ok(acknowledged.length >= 40, `${acknowledged.length} were acknowledged`)
      assert.deepEqual(
        (await room.states(acknowledged)).filter((state) => state !== 'ready'),
        [],
      )
      await recount(room.store)
    },
    { needs },
  ],
  [
    'kill-settle',
    'what a worker heard settled before it was killed stays settled; the rest runs again',
    async (room) => {
      await room.addMany(60)
      const { child, worker, jobs } = await childWorker(room, 60)
      const settled = new Set<string>()
      const calls = jobs.map(async ({ id, fence }) => {
        const [answer] = (await child.call('settle', worker, [{ id, fence, move: 'complete' }])) as Settled[]
        if (answer === 'applied') settled.add(id)
        if (settled.size >= 20) child.signal('SIGKILL')
      })
      await Promise.allSettled(calls)
      await child.gone
      assert.ok(settled.size >= 20)
      await room.store.lapse([worker], 'killed')
      for (const { id, state, attempt } of await findAll(room.store)) {
        assert.equal(attempt, 1)
        if (settled.has(id)) assert.equal(state, 'completed')
        else assert.ok(state === 'completed' || state === 'ready', state)
      }
      await recount(room.store)
    },
    { needs },
  ],
  [
    'freeze',
    'a process that was frozen past its lease and continues changes nothing, and hears so',
    async (room) => {
      const [id] = await room.addMany(1)
      const { child, worker, jobs } = await childWorker(room, 1)
      child.signal('SIGSTOP')
      const next = await room.hand()
      let taken: ClaimedJob | undefined
      await until(room, async () => (taken = (await next.claim(1)).jobs[0]) !== undefined)
      const before = await room.see(id as string)
      // Of a store of several parts each has a lease of its own.
      const isOver = async () =>
        (await room.store.workers()).every((one) => one.id !== worker || one.leaseEndsAt < room.clock.now())
      await until(room, isOver)
      child.signal('SIGCONT')
      const lease = { id: id as string, fence: jobs[0]?.fence ?? 0 }
      assert.deepEqual(
        await child.call('settle', worker, [{ ...lease, move: 'complete', result: '"late"' }]),
        ['stale'],
      )
      assert.deepEqual(await child.call('record', worker, [{ ...lease, progress: { percent: 99 } }]), [
        'stale',
      ])
      assert.equal(((await child.call('beat', { worker, ttlMs: 600 })) as Beaten).lease, 'lost')
      assert.deepEqual(await room.see(id as string), before)
      assert.equal(await next.settle(taken as ClaimedJob, 'complete'), 'applied')
    },
    { needs },
  ],
  [
    'block',
    'a process whose event loop is blocked for two lease lengths keeps its lease',
    async (room) => {
      await room.addMany(1)
      // Long enough that a busy machine lets the beats through in time.
      const { child, worker, jobs } = await childWorker(room, 1, 1_500)
      await child.call('block', 3_000)
      const lease = { id: jobs[0]?.id ?? '', fence: jobs[0]?.fence ?? 0 }
      assert.equal((await room.store.tend(100)).lapsed, 0)
      assert.deepEqual(await child.call('settle', worker, [{ ...lease, move: 'complete' }]), ['applied'])
    },
    { needs: [...needs, 'beatApart'] },
  ],
  [
    'two',
    'two processes empty a queue together: each job has one holder',
    async (room) => {
      await room.addMany(200)
      const children = await Promise.all([childWorker(room, 0), childWorker(room, 0)])
      const got = await Promise.all(
        children.map(async ({ child, worker }) => {
          const mine: ClaimedJob[] = []
          for (let call = 2; ; call++) {
            const ask = { worker, call, received: call - 1, limit: 7, queues: [{ name: queue, limit: 7 }] }
            const { jobs } = (await child.call('claim', ask)) as Claimed
            if (jobs.length === 0) return mine
            mine.push(...jobs)
            await child.call(
              'settle',
              worker,
              jobs.map(({ id, fence }) => ({ id, fence, move: 'complete' })),
            )
          }
        }),
      )
      assert.deepEqual(new Set(got.flat().map(({ id }) => id)).size, 200)
      assert.equal(got.flat().length, 200)
      assert.equal((await room.count()).states.completed, 200)
      await recount(room.store)
    },
    { needs },
  ],
])

const spawn = async ({ house }: Room) => {
  assert.ok(house.spawn)
  return house.spawn()
}

/** A process that registered as a worker, beats by itself, and has claimed `limit` jobs. */
async function childWorker(room: Room, limit: number, ttlMs = 600) {
  const child = await spawn(room)
  const worker = `child-${child.pid}`
  assert.equal(((await child.call('beat', { worker, ttlMs, about })) as Beaten).lease, 'held')
  await child.call('keepBeating', { worker, ttlMs }, 100)
  const ask = { worker, call: 1, received: 0, limit, queues: [{ name: queue, limit }] }
  const { jobs } = (await child.call('claim', ask)) as Claimed
  return { child, worker, jobs }
}

/** Waits for something that another process brings about, at most 20 s. */
async function until({ clock }: Room, done: () => Promise<boolean>): Promise<void> {
  const end = clock.monotonic() + 20_000
  while (!(await done())) {
    assert.ok(clock.monotonic() < end, 'it happens within 20 s')
    await clock.advance(25)
  }
}
