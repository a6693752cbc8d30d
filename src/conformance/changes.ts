import assert from 'node:assert/strict'
import type { Change, Store } from '../store/index.ts'
import { theme } from './promise.ts'
import { anError, queue } from './room.ts'
import { started } from './settle.ts'

/** Every page from a place on, and the place behind the last. */
async function read(store: Store, from: string, limit = 100) {
  const items: Change[] = []
  for (let after = from; ; ) {
    const page = await store.changes({ after, limit })
    items.push(...page.items)
    after = page.cursor
    if (!page.more) return { items, cursor: after }
  }
}
const place = async (store: Store): Promise<string> => (await store.changes({ limit: 10 })).cursor
const brief = (change: Change): string =>
  change.kind === 'acted'
    ? `${change.verb} ${change.target} by ${change.by}`
    : change.kind === 'closed'
      ? `${change.how} ${change.id} of ${change.task}${change.by === undefined ? '' : ` by ${change.by}`}`
      : `${change.kind === 'ended' ? change.attempt.outcome : 'enqueued'} ${change.id} ${change.state}`

/** What happened since a place. */
export const changesPromises = theme('changes', 'L0', [
  [
    'now',
    'without a place nothing is told, and the place of this moment is given',
    async ({ add, store }) => {
      await add()
      const { items, running, more, cursor } = await store.changes({ limit: 10 })
      assert.deepEqual([items, running, more], [[], [], false])
      assert.deepEqual((await store.changes({ after: cursor, limit: 10 })).items, [])
    },
  ],
  [
    'told',
    'a job that comes, an attempt that ends and what a person does are told, each once',
    async (room) => {
      const { store, clock } = room
      const from = await place(store)
      const { id, worker, lease } = await started(room)
      await clock.advance(5)
      const error = anError()
      await worker.settle(lease, 'retry', { error, delayMs: 60_000 })
      await clock.advance(5)
      await room.act('cancel', id)
      await store.setQueues([{ name: queue, paused: { reason: 'repair', by: 'ada' } }])
      const { items, cursor } = await read(store, from)
      assert.deepEqual(items.map(brief), [
        `enqueued ${id} cancelled`,
        `retry ${id} cancelled`,
        `cancelled ${id} of mail by ada`,
        `cancel ${id} by ada`,
        `pause ${queue} by ada`,
      ])
      const [came, ended] = items
      assert.ok(came?.kind === 'enqueued' && ended?.kind === 'ended')
      assert.deepEqual([came.task, came.queue], ['mail', queue])
      assert.deepEqual(
        [ended.attempt.attempt, ended.attempt.worker, ended.attempt.error, ended.at],
        [1, worker.id, error, ended.attempt.endedAt],
      )
      assert.deepEqual((await read(store, cursor)).items, [])
    },
  ],
  [
    'pages',
    'pages of any size tell everything once, each kind in its order',
    async (room) => {
      const from = await place(room.store)
      const ids = await room.addMany(7)
      const worker = await room.hand()
      const { jobs } = await worker.claim(7)
      for (const job of jobs) await worker.settle(job, 'complete')
      for (const limit of [1, 3, 7, 50]) {
        const { items } = await read(room.store, from, limit)
        const of = (kind: Change['kind']) => items.filter((item) => item.kind === kind).map(brief)
        assert.deepEqual(
          of('enqueued'),
          ids.map((id) => `enqueued ${id} completed`),
        )
        assert.deepEqual(
          of('ended'),
          jobs.map(({ id }) => `complete ${id} completed`),
        )
      }
      const page = await room.store.changes({ after: from, limit: 3 })
      assert.deepEqual([page.items.length, page.more], [6, true])
    },
  ],
  [
    'removed',
    'a removed job takes what it had to tell with it, and hides nothing of what comes after it',
    async (room) => {
      const from = await place(room.store)
      const first = await room.add()
      const before = await place(room.store)
      await room.act('remove', first)
      const second = await room.add()
      const expected = [
        `removed ${first} of mail by ada`,
        `remove ${first} by ada`,
        `enqueued ${second} ready`,
      ]
      for (const one of [from, before])
        assert.deepEqual((await read(room.store, one)).items.map(brief).sort(), [...expected].sort())
    },
  ],
  [
    'closed',
    'a job that ends while it waits, by its time or by a person, is told once, also when it is removed then',
    async (room) => {
      const from = await place(room.store)
      const expired = await room.add({ ttlMs: 1_000 })
      const [cancelled, removed] = await room.addMany(2)
      await room.clock.advance(2_000)
      await room.store.tend(100)
      await room.clock.advance(5)
      await room.act('cancel', cancelled as string)
      await room.clock.advance(5)
      await room.act('remove', removed as string)
      const all = (await read(room.store, from)).items
      const closed = all.filter((item) => item.kind === 'closed')
      assert.deepEqual(closed.map(brief), [
        `expired ${expired} of mail`,
        `cancelled ${cancelled} of mail by ada`,
        `removed ${removed} of mail by ada`,
      ])
      // What had ended before it was removed, and what runs, is told as it was before.
      const { id, worker, lease } = await started(room)
      await room.act('remove', expired)
      await room.act('cancel', id)
      await worker.settle(lease, 'cancel')
      const later = (await read(room.store, from)).items.filter((item) => item.kind === 'closed')
      assert.deepEqual(later.map(brief), closed.map(brief))
      const pages = (await read(room.store, from, 1)).items.filter((item) => item.kind === 'closed')
      assert.deepEqual(pages.map(brief), closed.map(brief))
    },
  ],
  [
    'totals',
    'the totals rise with every job that comes and every attempt that ends, and never go back',
    async (room) => {
      const totals = async () => (await room.store.changes({ limit: 1 })).totals
      const before = await totals()
      const { id, worker, lease } = await started(room)
      await worker.settle(lease, 'release')
      await room.addMany(2)
      await room.act('remove', id)
      const after = await totals()
      assert.deepEqual([after.enqueued - before.enqueued, after.ended - before.ended], [3, 1])
    },
  ],
  [
    'lost',
    'an attempt whose worker was lost is told with its cause',
    async (room) => {
      const { id, worker } = await started(room)
      const from = await place(room.store)
      await room.store.lapse([worker.id], 'killed by SIGKILL')
      const [lapse] = (await read(room.store, from)).items
      assert.ok(lapse?.kind === 'ended')
      assert.deepEqual(
        [lapse.id, lapse.attempt.outcome, lapse.attempt.error?.message],
        [id, 'lapse', `worker ${worker.id}: killed by SIGKILL`],
      )
    },
  ],
  [
    'running',
    'the jobs that run are shown with their progress, the longest first, as many as asked for',
    async (room) => {
      const worker = await room.hand()
      const ids: string[] = []
      for (let i = 0; i < 3; i++) {
        await room.add()
        const { id, fence } = await worker.one()
        await room.store.record(worker.id, [{ id, fence, progress: { percent: i * 10 } }])
        ids.push(id)
        await room.clock.advance(10)
      }
      await room.add()
      const { running } = await room.store.changes({ limit: 1, running: 10 })
      assert.deepEqual(
        running.map((job) => [job.id, job.task, job.queue, job.attempt, job.worker, job.progress?.percent]),
        ids.map((id, i) => [id, 'mail', queue, 1, worker.id, i * 10]),
      )
      assert.deepEqual(
        (await room.store.changes({ limit: 1, running: 2 })).running.map(({ id }) => id),
        ids.slice(0, 2),
      )
    },
  ],
])
