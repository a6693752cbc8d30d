import assert from 'node:assert/strict'
import type { Bulk, BulkPlan, BulkStep } from '../job/bulk.ts'
import type { DeadFilter } from '../job/dead.ts'
import { bury } from './failures.ts'
import { theme } from './promise.ts'
import { anError, queue, type Room, recount } from './room.ts'

/** Operations on many dead letters, step by step. */
export const bulkRoomPromises = theme('bulk', 'L0', [
  [
    'page',
    'pages bring every dead job once, oldest death first, and say when there are no more',
    async (room) => {
      const ids = await bury(room, [{}, {}, {}, {}, {}])
      assert.deepEqual(await walk(room, {}, 2), ids)
      assert.deepEqual(await walk(room, {}, 100), ids)
    },
  ],
  [
    'filter',
    'a filter lets through the dead jobs that fit every field of it, and no others',
    async (room) => {
      const [plain] = await bury(room, [{}])
      await room.clock.advance(1_000)
      const since = room.clock.now()
      const [fax] = await bury(room, [{ task: 'fax', tags: ['vip'] }], {
        fingerprint: 'ff',
        message: 'busy 5',
      })
      const [other] = await bury(room, [{ queue: 'other' }])
      await room.add()
      const cases: readonly [DeadFilter, readonly (string | undefined)[]][] = [
        [{ task: 'fax' }, [fax]],
        [{ queue: 'other' }, [other]],
        [{ fingerprint: 'ff' }, [fax]],
        [{ error: 'no route' }, [plain, other]],
        [{ error: 'NO ROUTE' }, []],
        [{ tag: 'vip' }, [fax]],
        [{ since }, [fax, other]],
        [{ until: since }, [plain]],
        [{ reason: 'exhausted' }, [plain, fax, other]],
        [{ reason: 'expired' }, []],
        [{ ids: [String(other), 'never', String(plain), String(plain)] }, [plain, other]],
        [{ ids: [String(other)], task: 'fax' }, []],
        [{ ids: [] }, []],
        [{ task: 'never' }, []],
        [{ error: 'no route', since }, [other]],
      ]
      for (const [filter, ids] of cases)
        assert.deepEqual(await walk(room, filter), ids, JSON.stringify(filter))
    },
  ],
  [
    'redrive',
    'a redriven job is ready with its past, and no failures; the operation counts it',
    async (room) => {
      const ids = await bury(room, [{}, {}])
      const bulk = await start(room)
      assert.deepEqual([bulk.state, bulk.total, bulk.isEstimate, bulk.done], ['running', 2, false, 0])
      const after = await stepOver(room, bulk)
      assert.deepEqual(
        [after.state, after.done, after.skipped, after.endedAt],
        ['done', 2, 0, room.clock.now()],
      )
      for (const id of ids) {
        const { state, failures, attempt, attempts, reason } = await room.see(id)
        assert.deepEqual([state, failures, attempt, attempts?.length, reason], ['ready', 0, 1, 1, undefined])
      }
      assert.equal((await room.store.failures.list())[0]?.count, 0)
      await recount(room.store)
    },
  ],
  [
    'redrive-elsewhere',
    'a redrive to another queue brings the jobs there',
    async (room) => {
      const ids = await bury(room, [{}, {}])
      await stepOver(room, await start(room, { to: 'second' }))
      assert.equal((await room.count()).states.dead, 0)
      assert.equal((await room.count('second')).states.ready, 2)
      const { jobs } = await (await room.hand({ queues: ['second'] })).claim(5)
      assert.deepEqual(
        jobs.map(({ id, queue: name }) => [id, name]),
        ids.map((id) => [id, 'second']),
      )
      await recount(room.store)
    },
  ],
  [
    'purge',
    'a purge removes dead jobs, and nothing else',
    async (room) => {
      const ids = await bury(room, [{}, {}])
      const [alive] = await room.addMany(1)
      await stepOver(room, await start(room, { kind: 'purge' }))
      assert.deepEqual(await room.states([...ids, String(alive)]), ['gone', 'gone', 'ready'])
      await recount(room.store)
    },
  ],
  [
    'bound',
    'what dies after the start is not taken, and neither is what dies again',
    async (room) => {
      const [first] = await bury(room, [{}])
      const bulk = await start(room)
      const [later] = await bury(room, [{}])
      const one = await stepOver(room, bulk)
      const worker = await room.hand()
      await worker.settle(await worker.one(), 'bury', { reason: 'exhausted', error: anError() })
      assert.deepEqual([one.done, one.state], [1, 'done'])
      assert.deepEqual(await room.states([String(first), String(later)]), ['dead', 'dead'])
      assert.deepEqual(await walk(room, {}), [later, first])
    },
  ],
  [
    'once',
    'a step that is sent again, or made by another driver from the same cursor, changes nothing',
    async (room) => {
      await bury(room, [{}, {}, {}])
      const bulk = await start(room)
      const step = await stepOf(room, bulk, { limit: 2 })
      assert.equal((await room.store.bulk.step(step)).outcome, 'applied')
      const again = await room.store.bulk.step(step)
      assert.deepEqual([again.outcome, again.bulk?.done], ['stale', 2])
      assert.equal((await room.store.bulk.step({ ...step, driver: 'other' })).outcome, 'stale')
      assert.equal((await room.count()).states.ready, 2)
    },
  ],
  [
    'skipped',
    'a job that came back on its own since the page was read is skipped, also when it is dead again',
    async (room) => {
      const [a, b, c] = (await bury(room, [{}, {}, {}])) as [string, string, string]
      const bulk = await start(room)
      const step = await stepOf(room, bulk)
      await room.act('retry', a)
      await room.act('remove', b)
      const worker = await room.hand()
      await worker.settle(await worker.one(), 'bury', { reason: 'exhausted', error: anError() })
      const { bulk: after } = await room.store.bulk.step(step)
      assert.deepEqual([after?.done, after?.skipped, after?.state], [1, 2, 'done'])
      assert.deepEqual(await room.states([a, b, c]), ['dead', 'gone', 'ready'])
    },
  ],
  [
    'driver',
    'one process drives at a time; another takes over when it was not heard of for 10 s',
    async (room) => {
      await bury(room, [{}, {}])
      const bulk = await start(room)
      const step = await stepOf(room, bulk)
      assert.equal((await room.store.bulk.step({ ...step, driver: 'other' })).outcome, 'stale')
      assert.equal((await room.store.tend(10)).undriven, undefined)
      await room.clock.advance(10_000)
      assert.deepEqual((await room.store.tend(10)).undriven, [bulk.id])
      assert.equal((await room.store.bulk.step({ ...step, driver: 'other' })).outcome, 'applied')
      assert.equal((await room.store.tend(10)).undriven, undefined)
    },
  ],
  [
    'code',
    'an operation that needs its process’s code is stopped when that process is gone, and only a resume gives it to another',
    async (room) => {
      await bury(room, [{}])
      const bulk = await start(room, { needsCode: true })
      const step = { ...(await stepOf(room, bulk)), driver: 'other' }
      await room.clock.advance(10_000)
      assert.equal((await room.store.bulk.step(step)).outcome, 'stale')
      assert.equal((await room.store.bulk.list([bulk.id]))[0]?.state, 'stopped')
      assert.equal((await room.store.tend(10)).undriven, undefined)
      await room.store.bulk.set({ id: bulk.id, to: 'running', by: 'ada', driver: 'other' })
      assert.equal((await room.store.bulk.step(step)).outcome, 'applied')
    },
  ],
  [
    'rate',
    'the rate is the operation’s own: whoever drives it is told when a step is too early',
    async (room) => {
      await bury(
        room,
        Array.from({ length: 4 }, () => ({})),
      )
      const bulk = await start(room, { perSecond: 10 })
      const first = await room.store.bulk.step(await stepOf(room, bulk, { limit: 1 }))
      assert.deepEqual([first.outcome, first.bulk?.nextAt], ['applied', room.clock.now() + 100])
      const second = await stepOf(room, first.bulk as Bulk, { limit: 1 })
      assert.equal((await room.store.bulk.step(second)).outcome, 'early')
      await room.clock.advance(99)
      assert.equal((await room.store.bulk.step(second)).outcome, 'early')
      await room.clock.advance(1)
      assert.equal((await room.store.bulk.step(second)).outcome, 'applied')
    },
  ],
  [
    'limit',
    'an operation with a limit is done when it has brought back so many',
    async (room) => {
      await bury(room, [{}, {}, {}])
      const bulk = await start(room, { limit: 2 })
      const after = await stepOver(room, bulk, { limit: 2 })
      assert.deepEqual([bulk.total, after.done, after.state], [2, 2, 'done'])
      assert.equal((await room.count()).states.dead, 1)
    },
  ],
  [
    'canary',
    'after its canaries an operation waits; it goes on when they passed and stops when they failed',
    async (room) => {
      for (const verdict of ['passed', 'failed'] as const) {
        await bury(room, [{}, {}, {}], { fingerprint: verdict })
        const bulk = await start(room, { canary: 2, filter: { fingerprint: verdict } })
        const first = await stepOver(room, bulk, { limit: 2 })
        assert.deepEqual([first.state, first.canaries.length, first.done], ['canary', 2, 2])
        const rest = await stepOf(room, first)
        assert.equal((await room.store.bulk.step(rest)).outcome, 'stale')
        const { id, driver, cursor } = first
        const told: BulkStep = {
          id,
          driver,
          from: cursor,
          to: cursor,
          jobs: [],
          canary: verdict,
          note: 'bad',
        }
        const { bulk: after } = await room.store.bulk.step(told)
        assert.equal(after?.state, verdict === 'passed' ? 'running' : 'stopped')
        assert.equal(after?.note, verdict === 'passed' ? undefined : 'bad')
        const last = await room.store.bulk.step({ ...rest, from: cursor })
        assert.equal(last.outcome, verdict === 'passed' ? 'applied' : 'stale')
        await room.store.act({ verb: 'remove', ids: await live(room), by: 'ada' })
      }
    },
  ],
  [
    'stop',
    'a stopped operation takes no step until it is resumed, and then goes on where it was',
    async (room) => {
      await bury(room, [{}, {}, {}])
      const bulk = await start(room)
      const first = await stepOver(room, bulk, { limit: 1 })
      const { store } = room
      const stopped = await store.bulk.set({ id: bulk.id, to: 'stopped', by: 'ada', note: 'lunch' })
      assert.deepEqual([stopped?.state, stopped?.note], ['stopped', 'lunch'])
      const step = await stepOf(room, first)
      assert.equal((await store.bulk.step(step)).outcome, 'stale')
      const resumed = await store.bulk.set({ id: bulk.id, to: 'running', by: 'ada', driver: 'd' })
      assert.deepEqual([resumed?.state, resumed?.note, resumed?.done], ['running', undefined, 1])
      assert.deepEqual((await store.bulk.step(step)).bulk?.done, 3)
      assert.equal((await store.bulk.set({ id: bulk.id, to: 'running', by: 'ada' }))?.state, 'done')
      assert.equal(await store.bulk.set({ id: 'never', to: 'stopped', by: 'ada' }), undefined)
    },
  ],
  [
    'start-again',
    'a start that is sent again finds the operation as it stands',
    async (room) => {
      await bury(room, [{}])
      const bulk = await start(room)
      await stepOver(room, bulk)
      const again = await start(room)
      assert.deepEqual([again.state, again.done], ['done', 1])
      assert.equal((await room.store.bulk.list()).length, 1)
      assert.deepEqual(await room.store.bulk.list(['never']), [])
      assert.equal(
        (await room.store.bulk.step({ ...(await stepOf(room, again)), id: 'never' })).outcome,
        'gone',
      )
    },
  ],
])

const live = async (room: Room) =>
  (await room.store.find({ states: ['ready', 'dead'] }, { limit: 50 })).jobs.map(({ id }) => id)

export const start = (room: Room, plan: Partial<BulkPlan> = {}): Promise<Bulk> =>
  room.store.bulk.start({
    id: `bulk-${plan.filter?.fingerprint ?? ''}`,
    kind: 'redrive',
    filter: { queue },
    by: 'ada',
    driver: 'd',
    ...plan,
  })

/** The next step of an operation, with at most `limit` jobs. */
export async function stepOf(room: Room, bulk: Bulk, { limit = 100 } = {}): Promise<BulkStep> {
  const { id, driver, cursor, filter, upTo } = bulk
  const page = await room.store.bulk.page({ filter, after: cursor, upTo, limit })
  return { id, driver, from: cursor, to: page.to, jobs: page.jobs, isEnd: page.isEnd }
}

export async function stepOver(room: Room, bulk: Bulk, options?: { readonly limit: number }): Promise<Bulk> {
  const { outcome, bulk: after } = await room.store.bulk.step(await stepOf(room, bulk, options))
  assert.equal(outcome, 'applied')
  return after as Bulk
}

/** The ids that a filter lets through, page by page. */
async function walk(room: Room, filter: DeadFilter, limit = 10): Promise<readonly string[]> {
  const ids: string[] = []
  for (let after = 0, pages = 0; pages < 1_000; pages++) {
    const page = await room.store.bulk.page({ filter, after, limit })
    ids.push(...page.jobs.map(({ id }) => id))
    if (page.isEnd) return ids
    assert.ok(page.to > after, 'a page that is not the last gets on')
    after = page.to
  }
  throw new assert.AssertionError({ message: 'the pages come to an end' })
}
