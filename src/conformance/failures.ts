import assert from 'node:assert/strict'
import type { NewJob } from '../job/job.ts'
import type { FailureGroup } from '../job/dead.ts'
import { theme } from './promise.ts'
import { anError, type Hand, queue, type Room } from './room.ts'

/** Dead letters in groups. */
export const failurePromises = theme('failures', 'L0', [
  [
    'alike',
    'dead jobs whose errors look alike are one group, with its count, its newest message and its newest job',
    async (room) => {
      const died = await bury(room, [{}, {}])
      const at = room.clock.now()
      await room.clock.advance(1_000)
      const [last] = await bury(room, [{}], { message: 'no route to host 7' })
      const [group, ...rest] = await room.store.failures.list()
      assert.equal(rest.length, 0)
      const { trend, ...told } = group as FailureGroup
      assert.deepEqual(told, {
        task: 'mail',
        queue,
        fingerprint: anError().fingerprint,
        name: 'Error',
        message: 'no route to host 7',
        count: 3,
        total: 3,
        firstSeenAt: at,
        lastSeenAt: at + 1_000,
        status: 'open',
        sampleJobId: last,
      })
      assert.deepEqual([trend.length, trend.at(-1), sum(trend)], [24, 3, 3])
      assert.equal(died.length, 2)
    },
  ],
  [
    'apart',
    'other errors, tasks and queues are other groups; the one with the most dead jobs comes first',
    async (room) => {
      await bury(room, [{}, {}, {}])
      await bury(room, [{ task: 'fax' }, { task: 'fax' }])
      await bury(room, [{ queue: 'other' }])
      await bury(room, [{}], { fingerprint: 'ff' })
      const groups = await room.store.failures.list()
      assert.deepEqual(
        groups.map(({ count }) => count),
        [3, 2, 1, 1],
      )
      const seen = async (where: Parameters<typeof room.store.failures.list>[0]) =>
        (await room.store.failures.list(where)).map(({ count }) => count)
      assert.deepEqual(await seen({ task: 'fax' }), [2])
      assert.deepEqual(await seen({ queue: 'other' }), [1])
      assert.deepEqual(await seen({ fingerprint: 'ff' }), [1])
      assert.deepEqual(await seen({ task: 'never' }), [])
      assert.deepEqual(await seen({ since: room.clock.now() + 1 }), [])
    },
  ],
  [
    'by-reason',
    'jobs that died without an error of their own are grouped by their reason',
    async (room) => {
      await room.addMany(2, { ttlMs: 10 })
      await room.clock.advance(10)
      await room.store.tend(100)
      const [group] = await room.store.failures.list()
      assert.deepEqual([group?.fingerprint, group?.name, group?.count], ['expired', 'expired', 2])
    },
  ],
  [
    'leave',
    'a job that comes back or is removed leaves its group; how many ever died in it stays',
    async (room) => {
      const [a, b, c] = (await bury(room, [{}, {}, {}])) as [string, string, string]
      await room.act('retry', a)
      await room.act('remove', c)
      const [group] = await room.store.failures.list()
      assert.deepEqual([group?.count, group?.total, group?.sampleJobId], [1, 3, b])
      await room.act('remove', b)
      const [empty] = await room.store.failures.list()
      assert.deepEqual([empty?.count, empty?.total, empty?.sampleJobId], [0, 3, undefined])
    },
  ],
  [
    'retention',
    'a dead job that retention removes leaves its group',
    async (room) => {
      await bury(room, [{ retain: { completed: 1, cancelled: 1, dead: 1_000 } }])
      await room.clock.advance(1_000)
      assert.equal((await room.store.tend(10)).removed, 1)
      assert.equal((await room.store.failures.list())[0]?.count, 0)
    },
  ],
  [
    'trend',
    'the trend counts deaths in each hour of the last day, and forgets what is older',
    async (room) => {
      await bury(room, [{}, {}])
      await room.clock.advance(2 * 3_600_000)
      await bury(room, [{}])
      const trend = async () => (await room.store.failures.list())[0]?.trend ?? []
      assert.deepEqual((await trend()).slice(-3), [2, 0, 1])
      await room.clock.advance(22 * 3_600_000)
      assert.deepEqual([sum(await trend()), (await trend())[1]], [1, 1])
      await room.clock.advance(2 * 3_600_000)
      assert.equal(sum(await trend()), 0)
    },
  ],
  [
    'resolve',
    'a resolved group is open again, as regressed, when a job dies in it; others stay as they were marked',
    async (room) => {
      await bury(room, [{}])
      await bury(room, [{}], { fingerprint: 'ff' })
      const mark = (status: 'resolved' | 'ignored', fingerprint: string) =>
        room.store.failures.mark([{ fingerprint, status, by: 'ada' }])
      assert.deepEqual(await mark('resolved', anError().fingerprint), [1])
      assert.deepEqual(await mark('ignored', 'ff'), [1])
      assert.deepEqual(await mark('ignored', 'never'), [0])
      assert.deepEqual(await statuses(room), { [anError().fingerprint]: 'resolved', ff: 'ignored' })
      await room.clock.advance(5)
      await bury(room, [{}])
      await bury(room, [{}], { fingerprint: 'ff' })
      assert.deepEqual(await statuses(room), { [anError().fingerprint]: 'open', ff: 'ignored' })
      const groups = await room.store.failures.list({ fingerprint: anError().fingerprint })
      assert.equal(groups[0]?.regressedAt, room.clock.now())
    },
  ],
  [
    'forget',
    'a group without dead jobs is forgotten when nobody has died in it for 30 days',
    async (room) => {
      const [id] = (await bury(room, [{}])) as [string]
      await bury(room, [{}], { fingerprint: 'ff' })
      await room.act('remove', id)
      await room.clock.advance(31 * 86_400_000)
      await room.store.tend(100)
      assert.deepEqual(await statuses(room), { ff: 'open' })
    },
  ],
])

const sum = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0)

async function statuses(room: Room): Promise<Record<string, string>> {
  const groups = await room.store.failures.list()
  return Object.fromEntries(groups.map(({ fingerprint, status }) => [fingerprint, status]))
}

/** Enqueues jobs and lets each die of an error, in this order. */
export async function bury(
  room: Room,
  jobs: readonly Partial<NewJob>[],
  error: Partial<ReturnType<typeof anError>> = {},
): Promise<readonly string[]> {
  const ids: string[] = []
  for (const fields of jobs) ids.push(await room.add(fields))
  const worker = await room.hand({ queues: [...new Set(jobs.map((job) => job.queue ?? queue))] })
  await buryClaimed(worker, jobs.length, error)
  return ids
}

async function buryClaimed(worker: Hand, count: number, error: object): Promise<void> {
  const { jobs } = await worker.claim(count)
  assert.equal(jobs.length, count, 'every job was to be had')
  const reason = 'exhausted'
  for (const job of jobs) await worker.settle(job, 'bury', { reason, error: { ...anError(), ...error } })
}
