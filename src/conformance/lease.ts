import assert from 'node:assert/strict'
import type { Beaten } from '../store/index.ts'
import { theme } from './promise.ts'
import { queue } from './room.ts'
import { started } from './settle.ts'

/** One lease a worker, kept by its beat; what it held comes back when the lease is lost. */
export const leasePromises = theme('lease', 'L0', [
  [
    'unknown',
    'a beat of a worker that never registered hears lost',
    async ({ store }) => {
      assert.equal((await store.beat({ worker: 'nobody', ttlMs: 5_000 })).lease, 'lost')
      assert.deepEqual(await store.workers(), [])
    },
  ],
  [
    'beat',
    'a beat keeps the lease for its ttl from now on',
    async ({ hand, clock }) => {
      const worker = await hand({ ttlMs: 1_000 })
      for (let i = 0; i < 5; i++) {
        await clock.advance(900)
        const { lease, now } = await worker.beat()
        assert.deepEqual([lease, now], ['held', clock.now()])
      }
    },
  ],
  [
    'late',
    'a beat that comes after the lease ran out does not bring it back',
    async ({ hand, clock }) => {
      const worker = await hand({ ttlMs: 1_000 })
      await clock.advance(1_001)
      assert.equal((await worker.beat()).lease, 'lost')
      assert.equal((await worker.beat()).lease, 'lost')
    },
  ],
  [
    'edge',
    'a lease holds up to its last millisecond and not beyond',
    async ({ hand, clock }) => {
      const [a, b] = [await hand({ ttlMs: 1_000 }), await hand({ ttlMs: 1_000 })]
      await clock.advance(999)
      assert.equal((await a.beat()).lease, 'held')
      await clock.advance(1)
      assert.equal((await b.beat()).lease, 'lost')
    },
  ],
  [
    'lapse',
    'a lease that ran out is a loss, not a failure: fence one up, ready at once, in its old place',
    async (room) => {
      const id = await room.add()
      const worker = await room.hand({ ttlMs: 1_000 })
      await worker.one()
      const before = await room.see(id)
      await room.clock.advance(1_001)
      assert.equal((await room.store.tend(100)).lapsed, 1)
      const { state, failures, losses, fence, attempt, worker: holder, availableAt } = await room.see(id)
      assert.deepEqual([state, failures, losses, fence, attempt, holder], ['ready', 0, 1, 2, 1, undefined])
      assert.equal(availableAt, before.availableAt)
    },
  ],
  [
    'lapse-history',
    'the loss is in the history of attempts, with its cause',
    async (room) => {
      const { id, worker, lease } = await started(room)
      await room.clock.advance(40)
      await room.store.lapse([worker.id], 'killed by a test')
      const [attempt] = (await room.see(id)).attempts ?? []
      assert.deepEqual(
        [attempt?.outcome, attempt?.fence, attempt?.attempt, attempt?.worker],
        ['lapse', lease.fence, 1, worker.id],
      )
      assert.equal(attempt?.endedAt, room.clock.now())
      assert.equal(attempt?.error?.code, 'LW2009')
      assert.match(attempt?.error?.message ?? '', /killed by a test/)
    },
  ],
  [
    'no-upkeep',
    'a lapsed job is claimed by another worker although nobody calls tend',
    async (room) => {
      const id = await room.add()
      await (await room.hand({ ttlMs: 1_000 })).one()
      await room.clock.advance(1_001)
      const next = await (await room.hand()).one()
      assert.deepEqual([next.id, next.fence, next.attempt, next.losses], [id, 3, 2, 1])
    },
  ],
  [
    'supervisor',
    'a supervisor’s lapse gives all jobs of its dead workers back at once',
    async ({ addMany, hand, store, states }) => {
      const ids = await addMany(5)
      const [a, b, c] = [await hand(), await hand(), await hand()]
      for (const worker of [a, b]) await worker.claim(2)
      await c.claim(1)
      assert.equal(await store.lapse([a.id, b.id], 'exit code 9'), 4)
      assert.deepEqual(await states(ids), ['ready', 'ready', 'ready', 'ready', 'running'])
      assert.deepEqual([(await a.beat()).lease, (await c.beat()).lease], ['lost', 'held'])
    },
  ],
  [
    'supervisor-unknown',
    'a lapse of workers that nobody knows takes nothing away',
    async (room) => {
      const { id } = await started(room)
      assert.equal(await room.store.lapse(['nobody'], 'gone'), 0)
      assert.equal((await room.see(id)).state, 'running')
    },
  ],
  [
    'backoff',
    'each further loss waits longer: nothing, 1 s, 2 s',
    async (room) => {
      const id = await room.add()
      const waits: number[] = []
      for (let i = 0; i < 3; i++) {
        const worker = await room.hand()
        // From the second loss on it is a suspect; one that survives alone is lost beside others again.
        if (i === 2) await worker.settle(await worker.one({ alone: true }), 'retry')
        await worker.one()
        await room.store.lapse([worker.id], 'died')
        const { availableAt, losses } = await room.see(id)
        assert.equal(losses, i + 1)
        waits.push(Math.max(0, availableAt - room.clock.now()))
        await room.clock.advance(waits[i] ?? 0)
      }
      assert.deepEqual(waits, [0, 1_000, 2_000])
    },
  ],
  [
    'lapse-deadline',
    'a job lost after its deadline is dead, expired',
    async (room) => {
      const { id, worker } = await started(room, { deadlineMs: 1_000 })
      await room.clock.advance(1_500)
      await room.store.lapse([worker.id], 'died')
      const { state, reason, losses, failures } = await room.see(id)
      assert.deepEqual([state, reason, losses, failures], ['dead', 'expired', 1, 0])
    },
  ],
  [
    'forward',
    'a step of the wall clock forward takes no lease away',
    async ({ hand, add, clock, store, states }) => {
      const id = await add()
      const worker = await hand({ ttlMs: 10_000 })
      await worker.one()
      clock.jump(3_600_000)
      await store.tend(100)
      assert.equal((await worker.beat()).lease, 'held')
      assert.deepEqual(await states([id]), ['running'])
    },
  ],
  [
    'back',
    'a step of the wall clock back makes no lease longer',
    async ({ hand, add, clock, store, states }) => {
      const id = await add()
      const worker = await hand({ ttlMs: 10_000 })
      await worker.one()
      clock.jump(-3_600_000)
      await clock.advance(10_001)
      await store.tend(100)
      assert.equal((await worker.beat()).lease, 'lost')
      assert.notDeepEqual(await states([id]), ['running'])
    },
  ],
  [
    'leave',
    'a worker that leaves releases what it holds, without a loss, and is forgotten',
    async (room) => {
      const { id, worker } = await started(room)
      await room.store.leave(worker.id)
      const { state, losses, failures, releases, fence } = await room.see(id)
      assert.deepEqual([state, losses, failures, releases, fence], ['ready', 0, 0, 1, 1])
      assert.deepEqual(await room.store.workers(), [])
      assert.equal((await worker.beat()).lease, 'lost')
    },
  ],
  [
    'leave-unknown',
    'a worker that nobody knows may leave',
    async ({ store }) => {
      await store.leave('nobody')
    },
  ],
  [
    'workers',
    'workers() shows who lives: host, pid, queues, tasks with their versions, lease and running jobs',
    async ({ addMany, hand, store, clock }) => {
      await addMany(3)
      const startedAt = clock.now()
      const worker = await hand({ ttlMs: 8_000 })
      await worker.claim(2)
      await clock.advance(500)
      await worker.beat()
      const [seen] = await store.workers()
      assert.deepEqual(
        { ...seen, leaseEndsAt: 0 },
        {
          id: worker.id,
          host: 'host',
          pid: 1,
          version: '0.0.0',
          queues: [queue],
          tasks: ['mail'],
          concurrency: 10,
          startedAt,
          beatAt: clock.now(),
          leaseEndsAt: 0,
          running: 2,
        },
      )
      assert.ok(Math.abs((seen?.leaseEndsAt ?? 0) - clock.now() - 8_000) <= 2, `ends at ${seen?.leaseEndsAt}`)
    },
  ],
  [
    'versions',
    'workers() shows the payload versions that a worker knows, as it said them when it registered',
    async ({ store }) => {
      const about = { host: 'h', pid: 1, version: '1', queues: [queue], concurrency: 1 }
      const tasks = ['mail', 'constructor', 'resize']
      const versions = { mail: 3, constructor: 2 }
      await store.beat({ worker: 'knows', ttlMs: 1_000, about: { ...about, tasks, versions } })
      const [seen] = await store.workers()
      assert.deepEqual(seen?.tasks, tasks)
      assert.deepEqual({ ...seen?.versions }, versions)
    },
  ],
  [
    'cancels',
    'a beat brings the cancellations of the jobs that the worker runs',
    async (room) => {
      const { id, worker, lease } = await started(room)
      await room.act('cancel', id, 'changed my mind')
      assert.deepEqual((await worker.beat()).cancels, [{ id, fence: lease.fence, reason: 'changed my mind' }])
      assert.deepEqual((await (await room.hand()).beat()).cancels, [])
    },
  ],
  [
    'keep-beating',
    'a lease is kept without the worker’s doing while its event loop turns, and lost when it stands still',
    async (room) => {
      const worker = await room.hand({ ttlMs: 2_000 })
      const tick = new SharedArrayBuffer(8)
      const loop = new Float64Array(tick)
      const heard: (Beaten | Error)[] = []
      const untrue: number[] = []
      const beat = { worker: worker.id, ttlMs: 2_000 }
      const beganAt = room.clock.monotonic()
      loop[0] = room.clock.monotonic()
      const stop = await room.store.keepBeating(
        beat,
        { tick, everyMs: 100, maxStallMs: 3_000 },
        (answer, sentAt) => {
          heard.push(answer)
          if (!(sentAt >= beganAt && sentAt <= room.clock.monotonic())) untrue.push(sentAt)
        },
      )
      try {
        for (let step = 0; step < 40; step++) {
          loop[0] = room.clock.monotonic()
          const before = heard.length
          await room.clock.advance(250)
          await soon(() => heard.length > before)
        }
        assert.deepEqual(
          heard.filter((answer) => answer instanceof Error || answer.lease !== 'held'),
          [],
        )
        assert.deepEqual(untrue, [], 'each beat is heard with the instant at which it was sent')
        assert.ok(heard.length >= 10, `${heard.length} beats in ten seconds`)
        // It beats on until the stall has lasted 3 s; what it sent by then is heard before time goes on.
        await room.clock.advance(3_100)
        await soon(() => false)
        await room.clock.advance(7_000)
        assert.equal((await worker.beat()).lease, 'lost')
      } finally {
        await stop()
      }
    },
  ],
  [
    'stop-beating',
    'beating can be stopped, twice too, and the lease ends by itself',
    async (room) => {
      const worker = await room.hand({ ttlMs: 500 })
      const tick = new SharedArrayBuffer(8)
      new Float64Array(tick)[0] = 1e15
      const stop = await room.store.keepBeating(
        { worker: worker.id, ttlMs: 500 },
        { tick, everyMs: 20, maxStallMs: 1e15 },
        () => {},
      )
      await stop()
      await stop()
      await room.clock.advance(501)
      assert.equal((await worker.beat()).lease, 'lost')
    },
  ],
])

/** Waits for an answer of another thread, at most 200 ms of real time. */
async function soon(done: () => boolean): Promise<void> {
  for (let i = 0; i < 40 && !done(); i++) await new Promise<void>((resolve) => setTimeout(resolve, 5))
}
