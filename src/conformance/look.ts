import assert from 'node:assert/strict'
import { limits } from '../job/defaults.ts'
import { theme } from './promise.ts'
import { anError, findAll, queue, recount } from './room.ts'
import { started } from './settle.ts'

/** What readers see. */
export const lookPromises = theme('look', 'L0', [
  [
    'get',
    'get answers in the order of the ids, and nothing where there is no job',
    async ({ addMany, store }) => {
      const [a, b] = await addMany(2)
      const found = await store.get([b as string, 'never', a as string, b as string])
      assert.deepEqual(
        found.map((job) => job?.id),
        [b, undefined, a, b],
      )
    },
  ],
  [
    'get-more',
    'attempts and logs come only where asked for',
    async (room) => {
      const { id, worker, lease } = await started(room)
      await room.store.record(worker.id, [
        { ...lease, logs: [{ agoMs: 0, level: 'info', message: 'hello' }] },
      ])
      await worker.settle(lease, 'release')
      const [plain] = await room.store.get([id])
      const [attempts] = await room.store.get([id], { attempts: true })
      const [logs] = await room.store.get([id], { logs: true })
      assert.deepEqual([plain?.attempts, plain?.logs], [undefined, undefined])
      assert.deepEqual([attempts?.attempts?.length, attempts?.logs], [1, undefined])
      assert.deepEqual([logs?.attempts, logs?.logs?.length], [undefined, 1])
    },
  ],
  [
    'get-empty',
    'no id asked is nothing answered',
    async ({ store }) => {
      assert.deepEqual(await store.get([]), [])
    },
  ],
  [
    'filters',
    'find filters by state, queue, task and tag, alone and together',
    async ({ add, store, act }) => {
      const a = await add({ task: 'x', tags: ['red', 'big'] })
      const b = await add({ task: 'y', tags: ['red'] })
      const c = await add({ task: 'x', queue: 'other' })
      await act('cancel', b)
      const ids = async (where: Parameters<typeof store.find>[0]) =>
        (await findAll(store, where)).map(({ id }) => id).sort()
      assert.deepEqual(await ids({}), [a, b, c].sort())
      assert.deepEqual(await ids({ states: ['ready'] }), [a, c].sort())
      assert.deepEqual(await ids({ states: ['ready', 'cancelled'], queue }), [a, b].sort())
      assert.deepEqual(await ids({ queue: 'other' }), [c])
      assert.deepEqual(await ids({ task: 'x' }), [a, c].sort())
      assert.deepEqual(await ids({ tag: 'red' }), [a, b].sort())
      assert.deepEqual(await ids({ tag: 'big', task: 'x', states: ['ready'] }), [a])
      assert.deepEqual(await ids({ tag: 'none' }), [])
      assert.deepEqual(await ids({ states: [] }), [])
    },
  ],
  [
    'newest',
    'find shows the newest first',
    async ({ add, store, clock }) => {
      const ids: string[] = []
      for (let i = 0; i < 5; i++) {
        ids.push(await add())
        await clock.advance(10)
      }
      const { jobs, cursor } = await store.find({}, { limit: 10 })
      assert.deepEqual(
        jobs.map(({ id }) => id),
        ids.reverse(),
      )
      assert.equal(cursor, undefined)
    },
  ],
  [
    'pages',
    'pages follow each other without gap or repetition, and the last has no cursor',
    async ({ addMany, store }) => {
      const ids = await addMany(25)
      for (const limit of [1, 7, 25, 30]) {
        const found = await findAll(store, {}, limit)
        assert.deepEqual(
          found.map(({ id }) => id),
          [...ids].reverse(),
          `pages of ${limit}`,
        )
      }
      assert.equal((await store.find({}, { limit: 25 })).cursor, undefined)
    },
  ],
  [
    'pages-cursor',
    'a cursor that no page ended with is refused, and the store goes on',
    async ({ addMany, store }) => {
      await addMany(3)
      for (const cursor of ['no cursor', '-', '1.5', '\ud800'])
        await assert.rejects(store.find({}, { limit: 1, cursor }), { code: 'LW1201' }, cursor)
      assert.equal((await store.find({}, { limit: 5 })).jobs.length, 3)
    },
  ],
  [
    'pages-stable',
    'jobs that come in or go while a reader turns pages shift nothing',
    async ({ addMany, store, act, clock }) => {
      const ids = await addMany(6)
      const first = await store.find({}, { limit: 3 })
      await clock.advance(10)
      await addMany(2)
      await act('remove', ids[5] as string)
      const { cursor } = first
      assert.ok(cursor !== undefined)
      const second = await store.find({}, { limit: 3, cursor })
      assert.deepEqual(
        [...first.jobs, ...second.jobs].map(({ id }) => id),
        [...ids].reverse(),
      )
    },
  ],
  [
    'pages-filtered',
    'pages of a filter hold only what fits it',
    async ({ addMany, store }) => {
      for (let i = 0; i < 5; i++) {
        await addMany(2, { tags: ['odd'] })
        await addMany(3)
      }
      const found = await findAll(store, { tag: 'odd' }, 3)
      assert.deepEqual([found.length, found.every(({ tags }) => tags.includes('odd'))], [10, true])
    },
  ],
  [
    'counts',
    'counters equal a recount after a story of every state',
    async (room) => {
      const ids = await room.addMany(12)
      await room.addMany(3, { delayMs: 1_000 })
      await room.addMany(2, { queue: 'other' })
      const worker = await room.hand()
      const { jobs } = await worker.claim(8)
      const moves = ['complete', 'retry', 'snooze', 'release', 'bury', 'cancel'] as const
      for (const [i, move] of moves.entries()) {
        await worker.settle(jobs[i] ?? { id: '', fence: 0 }, move, {
          delayMs: 500,
          reason: 'exhausted',
          error: anError(),
        })
        await recount(room.store)
      }
      await room.act('cancel', ids[10] as string)
      await room.act('remove', ids[11] as string)
      await room.store.lapse([worker.id], 'died')
      await recount(room.store)
      await room.clock.advance(2_000)
      await room.store.tend(1_000)
      await recount(room.store)
    },
  ],
  [
    'counts-asked',
    'counts answers for the queues asked, in the order of their names, and for all when not asked',
    async ({ add, store }) => {
      for (const name of ['b', 'c', 'a']) await add({ queue: name })
      assert.deepEqual(
        (await store.counts()).map((count) => count.queue),
        ['a', 'b', 'c'],
      )
      assert.deepEqual(
        (await store.counts(['c', 'a'])).map((count) => count.queue),
        ['a', 'c'],
      )
      assert.deepEqual((await store.counts(['b']))[0]?.states.ready, 1)
    },
  ],
  [
    'oldest',
    'counts names when the ready job that waits longest became available',
    async ({ add, count, clock, hand }) => {
      assert.equal((await count()).oldestReadyAt, undefined)
      const at = clock.now()
      await add({ priority: 9 })
      await clock.advance(1_000)
      await add({ priority: 0 })
      await add({ delayMs: 1 })
      assert.equal((await count()).oldestReadyAt, at)
      await (await hand()).claim(5)
      assert.equal((await count()).oldestReadyAt, undefined)
    },
  ],
  [
    'still',
    'looking changes nothing',
    async (room) => {
      const { id } = await started(room)
      const before = await room.see(id)
      await room.store.find({}, { limit: 5 })
      await room.store.counts()
      await room.store.workers()
      assert.deepEqual(await room.see(id), before)
    },
  ],
  [
    'bell',
    'whoever listens is woken by an enqueue and by ring, until it stops listening',
    async ({ store, add, clock }) => {
      let heard = 0
      const stop = store.listen(() => void heard++)
      await add()
      for (let i = 0; heard === 0 && i < 200; i++) await clock.advance(5)
      assert.ok(heard > 0, 'an enqueue of this handle is heard')
      const before = heard
      store.ring()
      for (let i = 0; heard === before && i < 200; i++) await clock.advance(5)
      assert.ok(heard > before, 'a ring is heard')
      stop()
      const after = heard
      store.ring()
      await clock.advance(20)
      assert.equal(heard, after)
    },
  ],
])

/** Progress and logs of a running attempt. */
export const recordPromises = theme('record', 'L0', [
  [
    'progress',
    'progress is kept with the job, and the newest replaces the one before',
    async (room) => {
      const { id, worker, lease } = await started(room)
      await room.store.record(worker.id, [
        { ...lease, progress: { percent: 10, note: 'half', data: '{"row":5}' } },
      ])
      assert.deepEqual((await room.see(id)).progress, {
        at: room.clock.now(),
        percent: 10,
        note: 'half',
        data: '{"row":5}',
      })
      await room.clock.advance(5)
      await room.store.record(worker.id, [{ ...lease, progress: { percent: 20 } }])
      assert.deepEqual((await room.see(id)).progress, { at: room.clock.now(), percent: 20 })
    },
  ],
  [
    'logs',
    'log lines are kept by attempt and time, each at the time it was said',
    async (room) => {
      const { id, worker, lease } = await started(room)
      const now = room.clock.now()
      const logs = [
        { agoMs: 30, level: 'warn', message: 'first', data: '[1]' },
        { agoMs: 10, level: 'debug', message: 'second' },
      ] as const
      assert.deepEqual(await room.store.record(worker.id, [{ ...lease, logs }]), ['applied'])
      await worker.settle(lease, 'release')
      const second = await worker.one()
      await room.store.record(worker.id, [
        { id, fence: second.fence, logs: [{ agoMs: 0, level: 'error', message: 'third' }] },
      ])
      assert.deepEqual((await room.see(id)).logs, [
        { attempt: 1, at: now - 30, level: 'warn', message: 'first', data: '[1]' },
        { attempt: 1, at: now - 10, level: 'debug', message: 'second' },
        { attempt: 2, at: now, level: 'error', message: 'third' },
      ])
    },
  ],
  [
    'attempt',
    'the last progress of an attempt stays in its history, and the next attempt starts without',
    async (room) => {
      const { id, worker, lease } = await started(room)
      await room.store.record(worker.id, [{ ...lease, progress: { percent: 60 } }])
      await worker.settle(lease, 'retry', { delayMs: 0, error: anError() })
      assert.equal((await room.see(id)).attempts?.[0]?.progress?.percent, 60)
      await worker.one()
      assert.equal((await room.see(id)).progress, undefined)
    },
  ],
  [
    'cap',
    'logs of an attempt are bounded: the oldest lines make room for the newest',
    async (room) => {
      const { id, worker, lease } = await started(room)
      const line = { agoMs: 0, level: 'info' } as const
      for (let i = 0; i < 40; i++) {
        await room.store.record(worker.id, [
          { ...lease, logs: [{ ...line, message: `${i} `.padEnd(10_000, 'x') }] },
        ])
      }
      const logs = (await room.see(id)).logs ?? []
      const bytes = logs.reduce((sum, { message }) => sum + message.length, 0)
      assert.ok(
        bytes <= limits.logBytesPerAttempt && bytes > limits.logBytesPerAttempt - 20_000,
        `${bytes} bytes kept`,
      )
      assert.match(logs.at(-1)?.message ?? '', /^39 /)
      assert.doesNotMatch(logs[0]?.message ?? '', /^0 /)
    },
  ],
  [
    'positional',
    'one bad note among good ones fails alone, and the answers keep the order',
    async (room) => {
      const { id, worker, lease } = await started(room)
      const progress = { percent: 5 }
      const answers = await room.store.record(worker.id, [
        { id: 'never', fence: 1, progress },
        { id, fence: 99, progress: { percent: 99 } },
        { ...lease, progress },
      ])
      assert.deepEqual(answers, ['gone', 'stale', 'applied'])
      assert.equal((await room.see(id)).progress?.percent, 5)
    },
  ],
  [
    'final',
    'a job that has ended takes no more notes',
    async (room) => {
      const { id, worker, lease } = await started(room)
      await worker.settle(lease, 'complete')
      const before = await room.see(id)
      assert.deepEqual(await room.store.record(worker.id, [{ ...lease, progress: { percent: 1 } }]), [
        'stale',
      ])
      assert.deepEqual(await room.see(id), before)
    },
  ],
  [
    'empty',
    'no note is nothing answered',
    async (room) => {
      assert.deepEqual(await room.store.record((await room.hand()).id, []), [])
    },
  ],
])
