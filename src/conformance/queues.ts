import assert from 'node:assert/strict'
import type { BulkStep } from '../job/bulk.ts'
import { StoreError } from '../job/errors.ts'
import type { Change, Store } from '../store/index.ts'
import { bury } from './failures.ts'
import { theme } from './promise.ts'
import { findAll, recount, type Room } from './room.ts'
import { timetable } from './schedules.ts'

/** Enough that they lie in several partitions where there are such. */
const names = Array.from({ length: 12 }, (_, i) => `queue-${i}`)
const never = { completed: null, cancelled: null, dead: null }

/** One job in each queue, a moment after the other. */
async function oneEach(room: Room, fields: Parameters<Room['job']>[0] = {}): Promise<readonly string[]> {
  const ids: string[] = []
  for (const name of names) {
    await room.clock.advance(10)
    ids.push(await room.add({ ...fields, queue: name }))
  }
  return ids
}

const fingerprint = (name: string) => ({ fingerprint: name.padEnd(16, '0'), message: name })

/** All changes since a place, and that no page was larger than it may be. */
async function read(store: Store, from: string, limit: number): Promise<readonly Change[]> {
  const items: Change[] = []
  for (let after = from, pages = 0; pages < 200; pages++) {
    const page = await store.changes({ after, limit })
    for (const kind of ['enqueued', 'ended', 'acted'])
      assert.ok(page.items.filter((item) => item.kind === kind).length <= limit, 'a page keeps its limit')
    items.push(...page.items)
    after = page.cursor
    if (!page.more) return items
  }
  throw new assert.AssertionError({ message: 'the pages come to an end' })
}

/** Many queues at once: what is asked of a store is asked of all of them, wherever they lie. */
export const queuesPromises = theme('queues', 'L0', [
  [
    'id',
    'an id is one job, also for calls that come with it for another queue',
    async (room) => {
      const jobs = names.map((name) => room.job({ id: 'one', queue: name }))
      const answers = []
      for (const job of jobs) answers.push(...(await room.store.enqueue([job])))
      assert.deepEqual(
        answers.map(({ outcome }) => outcome),
        ['created', ...names.slice(1).map(() => 'duplicate')],
      )
      assert.deepEqual([(await room.see('one')).queue, (await findAll(room.store)).length], [names[0], 1])
      await recount(room.store)
    },
  ],
  [
    'id-again',
    'an id whose job was removed is free again, for any queue',
    async (room) => {
      for (const name of names.slice(0, 4)) {
        const [answer] = await room.store.enqueue([room.job({ id: 'again', queue: name })])
        assert.equal(answer?.outcome, 'created', name)
        assert.equal(await room.act('remove', 'again'), 'done')
        await room.clock.advance(600_000)
      }
    },
  ],
  [
    'claim',
    'a claim over many queues brings every job once, never more than its limit',
    async (room) => {
      const ids = await oneEach(room)
      const worker = await room.hand({ queues: names })
      for (const limit of [1, 2, 5, 100]) {
        const { jobs } = await worker.claim(limit)
        assert.ok(jobs.length <= limit && jobs.length > 0)
        for (const job of jobs) assert.equal(await worker.settle(job, 'complete'), 'applied')
      }
      assert.deepEqual(new Set(await room.states(ids)), new Set(['completed']))
      assert.deepEqual((await worker.claim(5)).jobs, [])
    },
  ],
  [
    'claim-lost',
    'what was claimed from many queues in answers that were lost comes again, each once and with its fence',
    async (room) => {
      const ids = await oneEach(room)
      const worker = await room.hand({ queues: names })
      const first = new Map<string, number>()
      for (const limit of [1, 3, 2]) {
        const { jobs } = await worker.claimInVain(limit)
        for (const { id, fence } of jobs) first.set(id, fence)
      }
      const again = new Map<string, number>()
      for (let calls = 0; again.size < ids.length && calls < 50; calls++)
        for (const { id, fence } of (await worker.claim(2)).jobs) {
          assert.equal(again.has(id), false, 'each comes once')
          again.set(id, fence)
        }
      assert.deepEqual([...again.keys()].sort(), [...ids].sort())
      for (const [id, fence] of first) assert.equal(again.get(id), fence)
      assert.deepEqual((await worker.claim(50)).jobs, [])
    },
  ],
  [
    'exchange',
    'one exchange settles jobs of many queues, and claims the next ones',
    async (room) => {
      const ids = [...(await oneEach(room)), ...(await oneEach(room))]
      const worker = await room.hand({ queues: names })
      const { jobs } = await worker.claim(12)
      const done = jobs.map(({ id, fence }) => ({ id, fence, move: 'complete' as const }))
      const unknown = { id: 'never', fence: 1, move: 'complete' } as const
      const { settled, claimed } = await room.store.exchange([...done, unknown], worker.ask(50))
      assert.deepEqual(settled, [...done.map(() => 'applied'), 'gone'])
      assert.equal(claimed.jobs.length + jobs.length, ids.length)
      await recount(room.store)
    },
  ],
  [
    'find',
    'pages of any size bring the jobs of all queues once, newest first',
    async (room) => {
      const ids = (await oneEach(room)).toReversed()
      for (const limit of [1, 3, 5, 12, 50])
        assert.deepEqual(
          (await findAll(room.store, {}, limit)).map(({ id }) => id),
          ids,
          `pages of ${limit}`,
        )
      assert.deepEqual(await room.store.get([...ids, 'never']).then((jobs) => jobs.map((job) => job?.id)), [
        ...ids,
        undefined,
      ])
    },
  ],
  [
    'changes',
    'pages of any size tell what happened in all queues once, in its order',
    async (room) => {
      const from = (await room.store.changes({ limit: 1 })).cursor
      const ids = await oneEach(room)
      await room.act('cancel', ids[3] as string)
      await room.store.setQueues([{ name: names[2] as string, paused: { reason: 'r', by: 'ada' } }])
      for (const limit of [1, 2, 5, 50]) {
        const items = await read(room.store, from, limit)
        const came = items.flatMap((item) => (item.kind === 'enqueued' ? [item.id] : []))
        assert.deepEqual([...came].sort(), [...ids].sort(), `pages of ${limit}`)
        if (limit === 50) assert.deepEqual(came, ids)
        assert.equal(items.filter((item) => item.kind === 'acted').length, 2)
        assert.equal(items.filter((item) => item.kind === 'closed').length, 1)
      }
      assert.equal((await room.store.changes({ limit: 1 })).totals.enqueued, ids.length)
    },
  ],
  [
    'counts',
    'there is one row for each queue, and one for each worker, wherever they lie',
    async (room) => {
      await oneEach(room)
      const worker = await room.hand({ queues: names })
      await worker.claim(12)
      const rows = await room.store.counts()
      assert.deepEqual(
        rows.map(({ queue }) => queue),
        [...names].sort(),
      )
      assert.ok(rows.every(({ states }) => states.running === 1))
      const [view, ...others] = await room.store.workers()
      assert.deepEqual([view?.id, view?.running, others], [worker.id, 12, []])
      assert.equal((await room.store.retention.size()).now.live, 12)
    },
  ],
  [
    'lapse',
    'a worker that is lost loses its jobs of all queues, and hears so',
    async (room) => {
      const ids = await oneEach(room)
      const worker = await room.hand({ queues: names })
      await worker.claim(12)
      assert.equal(await room.store.lapse([worker.id], 'it died'), 12)
      assert.deepEqual(new Set(await room.states(ids)), new Set(['ready']))
      assert.deepEqual([(await worker.claim(1)).lease, (await worker.beat()).lease], ['lost', 'lost'])
    },
  ],
  [
    'leave',
    'a worker that leaves gives back its jobs of all queues',
    async (room) => {
      const ids = await oneEach(room)
      const worker = await room.hand({ queues: names })
      await worker.claim(12)
      await room.store.leave(worker.id)
      assert.deepEqual(new Set(await room.states(ids)), new Set(['ready']))
      assert.deepEqual(await room.store.workers(), [])
    },
  ],
  [
    'redrive',
    'a redrive over many queues brings back every dead job once, and no more than its limit',
    async (room) => {
      const { store } = room
      const ids: string[] = []
      for (const name of names) ids.push(...(await bury(room, [{ queue: name }], fingerprint(name))))
      const plan = { kind: 'redrive', filter: {}, by: 'ada', driver: 'd' } as const
      const some = await store.bulk.start({ ...plan, id: 'some', limit: 5 })
      assert.deepEqual([some.total, some.state], [5, 'running'])
      assert.deepEqual(await drive(room, 'some'), [5, 'done'])
      assert.equal((await room.states(ids)).filter((state) => state === 'ready').length, 5)
      await store.bulk.start({ ...plan, id: 'rest' })
      // What dies after the start is none of its business.
      const late: string[] = []
      for (const name of names)
        late.push(...(await bury(room, [{ queue: `late-${name}` }], fingerprint('late'))))
      assert.deepEqual(await drive(room, 'rest'), [7, 'done'])
      assert.deepEqual(new Set(await room.states(late)), new Set(['dead']))
      assert.equal(
        (await store.failures.list()).reduce((sum, { count }) => sum + count, 0),
        late.length,
      )
      assert.deepEqual((await store.bulk.list()).map(({ id, done }) => [id, done]).sort(), [
        ['rest', 7],
        ['some', 5],
      ])
      await recount(room.store)
    },
  ],
  [
    'purge',
    'a purge over many queues that is stopped goes on where it was',
    async (room) => {
      const { store } = room
      const ids: string[] = []
      for (const name of names) ids.push(...(await bury(room, [{ queue: name }], fingerprint(name))))
      await store.bulk.start({ id: 'p', kind: 'purge', filter: {}, by: 'ada', driver: 'd' })
      await drive(room, 'p', 2)
      assert.equal((await store.bulk.set({ id: 'p', to: 'stopped', by: 'bob' }))?.state, 'stopped')
      const { bulk: at, ...refused } = await store.bulk.step(await next(room, 'p'))
      assert.deepEqual([refused.outcome, at?.state], ['stale', 'stopped'])
      await store.bulk.set({ id: 'p', to: 'running', by: 'bob', driver: 'd' })
      assert.deepEqual(await drive(room, 'p'), [12, 'done'])
      assert.deepEqual(new Set(await room.states(ids)), new Set(['gone']))
    },
  ],
  [
    'schedules',
    'schedules of many queues are listed by name, and fire one job a slot',
    async (room) => {
      const tables = []
      for (const name of names.slice(0, 6)) tables.push(await timetable(room, 'allow', name))
      const all = await room.store.schedules.list({ limit: 100 })
      assert.deepEqual(
        all.map(({ name }) => name),
        names.slice(0, 6),
      )
      assert.equal((await room.store.schedules.due(100)).schedules.length, 6)
      assert.equal((await room.store.schedules.due(4)).schedules.length, 4)
      for (const table of tables) {
        await table.fire([0, 1])
        assert.deepEqual(await room.states([table.id(0), table.id(1)]), ['ready', 'ready'])
      }
    },
  ],
])

/** The next step of an operation as a driver would take it. */
async function next({ store }: Room, id: string): Promise<BulkStep> {
  const [bulk] = await store.bulk.list([id])
  assert.ok(bulk)
  const { filter, cursor: from, upTo } = bulk
  const { jobs, to, isEnd } = await store.bulk.page({ filter, after: from, upTo, limit: 1 })
  return { id, driver: 'd', from, to, jobs, isEnd }
}

/** Takes steps of one job until it is over; gives how many were done, and its state. */
async function drive(room: Room, id: string, most = 100): Promise<readonly unknown[]> {
  for (let steps = 0; steps < most; steps++) {
    const { bulk } = await room.store.bulk.step(await next(room, id))
    if (bulk?.state !== 'running') return [bulk?.done, bulk?.state]
  }
  return [most, 'running']
}

/** What a store promises whose queues lie in partitions. */
export const apartPromises = theme('apart', 'L0', [
  [
    'whole',
    'a batch that is to be written as a whole is refused where it spans partitions, and nothing is written',
    async (room) => {
      const jobs = names.map((name) => room.job({ queue: name }))
      await assert.rejects(
        room.store.enqueue(jobs, { allOrNone: true }),
        (error) => error instanceof StoreError && error.code === 'LW1031',
      )
      assert.deepEqual(await findAll(room.store), [])
      const [first] = names
      const one = [room.job({ queue: String(first) }), room.job({ queue: String(first) })]
      const answers = await room.store.enqueue(one, { allOrNone: true })
      assert.deepEqual(
        answers.map(({ outcome }) => outcome),
        ['created', 'created'],
      )
    },
    { needs: ['apart'] },
  ],
  [
    'redrive-to',
    'a redrive to a queue of another partition is refused at its start',
    async (room) => {
      await bury(room, [{ queue: names[0] as string }])
      const plan = { kind: 'redrive', filter: {}, by: 'ada', driver: 'd', to: names[1] } as const
      await assert.rejects(
        room.store.bulk.start({ ...plan, id: 'b', to: String(names[1]) }),
        (error) => error instanceof StoreError && error.code === 'LW1031',
      )
      assert.deepEqual(await room.store.bulk.list(), [])
    },
    { needs: ['apart'] },
  ],
  [
    'policy',
    'of the jobs of all queues no more are kept than the policy says; the policy is shown as it was set',
    async (room) => {
      const policy = { completed: { count: 6 }, queues: { [String(names[0])]: { completed: { count: 2 } } } }
      assert.equal(await room.store.retention.set({ to: policy, by: 'ada' }), 'set')
      assert.equal(await room.store.retention.set({ to: policy, by: 'ada' }), 'same')
      assert.deepEqual((await room.store.retention.get())?.policy, policy)
      for (let round = 0; round < 3; round++) {
        await oneEach(room, { retain: never })
        const worker = await room.hand({ queues: names })
        for (const job of (await worker.claim(12)).jobs) await worker.settle(job, 'complete')
      }
      for (let turns = 0; turns < 20; turns++) await room.store.tend(100)
      const kept = await findAll(room.store)
      assert.ok(kept.length <= 6 && kept.length > 0, `${kept.length} are kept`)
    },
    { needs: ['apart'] },
  ],
])
