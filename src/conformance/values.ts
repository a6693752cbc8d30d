import assert from 'node:assert/strict'
import { limits } from '../job/defaults.ts'
import { toErrorInfo } from '../job/failure.ts'
import { encode } from '../job/payload.ts'
import { theme } from './promise.ts'
import { anError, findAll, queue } from './room.ts'
import { started } from './settle.ts'

/** JSON texts that engines are known to change. */
const texts: readonly string[] = [
  'null',
  'true',
  '0',
  '-0',
  '1e21',
  '0.1',
  '9007199254740993',
  '123456789012345678901234567890',
  '1.0',
  '""',
  '"\\u0001\\t\\n\\\\\\""',
  '"жук 猫 👩‍👩‍👧 \\u2028"',
  '[]',
  '{}',
  '{"b":1,"a":2}',
  '{"":{"":[]}}',
  '{"a":[1,[2,[3]]]}',
  '{"constructor":{"prototype":1},"toString":2}',
  '"\'; drop table jobs; --"',
  '"%s {0} $1 :name ?1"',
]

/** Any value within the limits can be stored and comes back as it was; any ending can be recorded. */
export const valuePromises = theme('value', 'L0', [
  [
    'payload',
    'any JSON text comes back to the last character, in reading and in claiming',
    async ({ store, job, hand, see }) => {
      const jobs = texts.map((payload) => job({ payload }))
      await store.enqueue(jobs)
      const claimed = (await (await hand()).claim(100)).jobs
      assert.deepEqual(
        claimed.map(({ payload }) => payload),
        texts,
      )
      for (const { id, payload } of jobs) assert.equal((await see(id)).payload, payload)
    },
  ],
  [
    'result',
    'any JSON text can be a result, progress and log data',
    async (room) => {
      await room.addMany(texts.length)
      const worker = await room.hand()
      const { jobs } = await worker.claim(100)
      for (const [i, { id, fence }] of jobs.entries()) {
        const text = texts[i] as string
        const logs = [{ agoMs: 0, level: 'info', message: text, data: text }] as const
        await room.store.record(worker.id, [{ id, fence, progress: { note: text, data: text }, logs }])
        assert.equal(await worker.settle({ id, fence }, 'complete', { result: text }), 'applied')
        const seen = await room.see(id)
        const kept = [
          seen.result,
          seen.logs?.[0]?.message,
          seen.logs?.[0]?.data,
          seen.attempts?.[0]?.progress?.note,
          seen.attempts?.[0]?.progress?.data,
        ]
        assert.deepEqual(kept, [text, text, text, text, text])
      }
    },
  ],
  [
    'large',
    'a payload and a result of the largest size come back whole',
    async (room) => {
      const payload = JSON.stringify('ü'.repeat((limits.payloadBytes - 2) / 2))
      const { id, worker, lease } = await started(room, { payload })
      await worker.settle(lease, 'complete', { result: payload })
      const seen = await room.see(id)
      assert.ok(seen.payload === payload && seen.result === payload, 'both are as they were')
    },
  ],
  [
    'deep',
    'a payload nested as deep as the limit allows comes back',
    async (room) => {
      const payload = '['.repeat(limits.depth) + ']'.repeat(limits.depth)
      const { id } = await started(room, { payload })
      assert.equal((await room.see(id)).payload, payload)
    },
  ],
  [
    'thrown',
    'whatever a handler throws, its settle is recorded',
    async (room) => {
      const cyclic: Record<string, unknown> = { name: 'loop' }
      cyclic['self'] = cyclic
      const hostile = new Proxy(
        {},
        {
          get: () => {
            throw new Error('no')
          },
        },
      )
      const thrown = [
        'text',
        undefined,
        null,
        7n,
        Symbol('s'),
        cyclic,
        hostile,
        new Error('NUL \0 and half \ud800 a pair'),
        Object.assign(new Error('long'), { stack: 'x'.repeat(5_000_000) }),
        () => 1,
        new Error('m'.repeat(100_000)),
        new Error('outer', { cause: new Error('inner') }),
        Object.create(null),
        [1],
        new Error(''),
      ]
      for (const value of thrown) {
        const { id, worker, lease } = await started(room)
        const error = toErrorInfo(value)
        assert.equal(await worker.settle(lease, 'bury', { reason: 'exhausted', error }), 'applied')
        assert.deepEqual((await room.see(id)).error, error)
      }
    },
  ],
  [
    'error-fields',
    'an error without stack and code has none when it is read',
    async (room) => {
      const { id, worker, lease } = await started(room)
      const error = { name: 'E', message: '', fingerprint: 'f' }
      await worker.settle(lease, 'retry', { delayMs: 0, error })
      assert.deepEqual((await room.see(id)).error, error)
    },
  ],
  [
    'fingerprint',
    'the fingerprint and code of an error are kept with its attempt',
    async (room) => {
      const { id, worker, lease } = await started(room)
      await worker.settle(lease, 'retry', { delayMs: 0, error: { ...anError(), code: 'ECONNREFUSED' } })
      assert.deepEqual((await room.see(id)).attempts?.[0]?.error, { ...anError(), code: 'ECONNREFUSED' })
    },
  ],
  [
    'names',
    'names of queues, tasks, tags and workers with every allowed character are kept apart',
    async ({ add, store, hand }) => {
      const names = [
        'a',
        'A',
        'a.b',
        'a_b',
        'a-b',
        'a/b',
        'a:b',
        'a%b'.replace('%', '.x'),
        '0',
        'n'.repeat(limits.nameChars),
      ]
      const ids = new Map<string, string>()
      for (const name of names) ids.set(name, await add({ queue: name, task: name, tags: [name] }))
      for (const name of names) {
        for (const where of [{ queue: name }, { task: name }, { tag: name }]) {
          assert.deepEqual(
            (await findAll(store, where)).map(({ id }) => id),
            [ids.get(name)],
            `${Object.keys(where)} ${name}`,
          )
        }
      }
      const worker = await hand({ id: `w ${'ß"\''.repeat(20)}`, queues: ['a', 'A'] })
      assert.deepEqual((await worker.claim(5)).jobs.map((job) => job.queue).sort(), ['A', 'a'])
    },
  ],
  [
    'reason',
    'reasons of any script come back as they were',
    async ({ add, act, see, store, count }) => {
      const reason = 'больше не нужно — "да" \'нет\' 👍\nnext line'
      const id = await add()
      await act('cancel', id, reason)
      assert.equal((await see(id)).reason, reason)
      await store.setQueues([{ name: queue, paused: { reason, by: reason } }])
      const { paused } = await count()
      assert.deepEqual([paused?.reason, paused?.by], [reason, reason])
    },
  ],
  [
    'tags',
    'a job keeps twenty tags',
    async ({ add, see, store }) => {
      const tags = Array.from({ length: limits.tags }, (_, i) => `tag-${i}`)
      const id = await add({ tags })
      assert.deepEqual([...(await see(id)).tags].sort(), [...tags].sort())
      assert.equal((await findAll(store, { tag: 'tag-19' })).length, 1)
    },
  ],
  [
    'codec',
    'what encode accepts is stored as it was accepted',
    async ({ add, see }) => {
      const value = { n: -0, big: 2 ** 53, text: 'a\u2029b', list: [null, [], { '': 0 }] }
      const payload = encode(value, 'payload')
      assert.equal((await see(await add({ payload }))).payload, payload)
    },
  ],
])

/** Opening, closing, and what survives. */
export const lifePromises = theme('life', 'L0', [
  [
    'durability',
    'open says what a job survives, and the capability agrees',
    async ({ store }) => {
      const { level, findings } = await store.open()
      assert.ok(findings.length > 0, 'with its findings')
      assert.equal(level !== 'volatile', store.can.durable)
      assert.ok(
        findings.every(({ verdict }) => verdict !== 'bad'),
        JSON.stringify(findings),
      )
    },
  ],
  [
    'migrate',
    'a store that is up to date has nothing to migrate, dry or not',
    async ({ store }) => {
      for (const dryRun of [true, false]) {
        const { from, to, steps } = await store.migrate({ dryRun })
        assert.deepEqual([from, steps], [to, []])
      }
    },
  ],
  [
    'close',
    'a closed store refuses every call with LW1006, and may be closed again',
    async ({ store, job }) => {
      await store.close()
      await store.close()
      await assert.rejects(store.enqueue([job()]), { code: 'LW1006' })
      await assert.rejects(store.get(['x']), { code: 'LW1006' })
      await assert.rejects(store.beat({ worker: 'w', ttlMs: 1 }), { code: 'LW1006' })
    },
  ],
  [
    'survives',
    'everything that was acknowledged is there after closing and opening again',
    async ({ store, house, add, see, hand }) => {
      const ids = [await add({ tags: ['t'] }), await add({ delayMs: 9_000 })]
      const worker = await hand()
      const job = await worker.one()
      await store.record(worker.id, [
        { ...job, progress: { percent: 3 }, logs: [{ agoMs: 0, level: 'info', message: 'm' }] },
      ])
      await worker.settle(job, 'retry', { delayMs: 50, error: anError() })
      await store.setQueues([{ name: queue, paused: { reason: 'r', by: 'ada' } }])
      const before = [await Promise.all(ids.map(see)), await store.counts(), await store.workers()]
      await store.close()
      const again = await house.open()
      const after = [
        await again.get(ids, { attempts: true, logs: true }),
        await again.counts(),
        await again.workers(),
      ]
      assert.deepEqual(after, before)
    },
    { needs: ['durable'] },
  ],
  [
    'handles',
    'two handles on one store see the same, at once',
    async ({ store, house, job, hand, see }) => {
      const other = await house.open()
      const one = job()
      await other.enqueue([one])
      assert.equal((await see(one.id)).state, 'ready')
      const worker = await hand({ store: other })
      const { fence } = await worker.one()
      assert.equal(await worker.settle({ id: one.id, fence }, 'complete'), 'applied')
      assert.deepEqual(await store.counts(), await other.counts())
      assert.equal((await see(one.id)).state, 'completed')
    },
    { needs: ['shared'] },
  ],
  [
    'time',
    'instants are the store’s own time, and waits are counted from it',
    async ({ add, see, clock, hand }) => {
      const id = await add({ delayMs: 1_000 })
      clock.jump(-500)
      await clock.advance(1_499)
      const worker = await hand()
      assert.equal((await worker.claim(1)).jobs.length, 0)
      await clock.advance(1)
      const job = await worker.one()
      assert.deepEqual([job.id, job.startedAt, (await see(id)).availableAt], [id, clock.now(), clock.now()])
    },
  ],
])

/** Thousands in one call. */
export const bulkPromises = theme('bulk', 'L0', [
  [
    'settle',
    'a thousand endings in one call, each answered',
    async ({ addMany, hand, store, count }) => {
      await addMany(1_000)
      const worker = await hand()
      const { jobs } = await worker.claim(1_000)
      const answers = await store.settle(
        worker.id,
        jobs.map(({ id, fence }) => ({ id, fence, move: 'complete' as const, result: `"${id}"` })),
      )
      assert.deepEqual(
        answers,
        jobs.map(() => 'applied'),
      )
      assert.equal((await count()).states.completed, 1_000)
      const found = await store.get(jobs.map(({ id }) => id))
      assert.ok(
        found.every((job) => job?.result === `"${job?.id}"`),
        'each with its own result',
      )
    },
  ],
  [
    'act',
    'an order for five hundred jobs is done in one call',
    async ({ addMany, store, count }) => {
      const ids = await addMany(500)
      const answers = await store.act({ verb: 'cancel', ids, by: 'ada' })
      assert.ok(answers.length === 500 && answers.every(({ outcome }) => outcome === 'done'))
      assert.equal((await count()).states.cancelled, 500)
    },
  ],
  [
    'get',
    'two thousand jobs are read in one call',
    async ({ addMany, store }) => {
      const ids = await addMany(2_000)
      assert.deepEqual(
        (await store.get(ids)).map((job) => job?.id),
        ids,
      )
    },
  ],
  [
    'lapse',
    'a worker that held five hundred jobs gives them all back',
    async ({ addMany, hand, store, count }) => {
      await addMany(500)
      const worker = await hand()
      await worker.claim(500)
      assert.equal(await store.lapse([worker.id], 'died'), 500)
      assert.deepEqual([(await count()).states.ready, (await count()).states.running], [500, 0])
    },
  ],
])
