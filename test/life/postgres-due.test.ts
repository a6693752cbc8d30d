// A claim with much room takes due jobs as they are, without making them ready first: in the same order, and with the same counters.
import { beforeAll, expect, test } from 'vitest'
import { defaults } from '../../src/job/defaults.ts'
import { postgresStage, type Stage } from '../fixtures/postgres-stage.ts'

let admin: Stage['admin']
let store: Stage['store']
let call = 0
const stage = postgresStage(['t', 'u'], 86_400_000)
beforeAll(() => {
  ;({ admin, store } = stage())
})

interface Some {
  readonly queue?: string
  readonly isDue?: boolean
  readonly ttlMs?: number
}

/** Jobs of two tasks and three priorities, ready or to become due in a moment. */
const enqueue = (name: string, n: number, { queue = 'q', isDue = false, ttlMs }: Some = {}) =>
  store.enqueue(
    Array.from({ length: n }, (_, i) => ({
      ...{ id: `${name}-${i}`, task: i % 2 ? 't' : 'u', queue, payload: '{}', version: 1 },
      ...{ priority: 4 + (i % 3), maxAttempts: 3, tags: [], retain: defaults.retain },
      ...(isDue && { runAt: Date.now() + 60_000 + (i % 7) }),
      ...(ttlMs !== undefined && { ttlMs }),
    })),
  )

/** What was to wait for an hour and more is due. */
const makeDue = () =>
  admin.query(
    `update ticket set available_at_ms = available_at_ms - 7200000, sort_key = sort_key - 7200000 where state = 1`,
  )

const claim = async (limit: number, name = 'q'): Promise<readonly string[]> => {
  const ask = { worker: 'w', call: ++call, received: call - 1, limit, queues: [{ name, limit }] }
  return (await store.claim(ask)).jobs.map(({ id }) => id)
}

/** The first so many of those that are ready and the thousand that are most overdue. */
const expected = async (limit: number): Promise<readonly string[]> => {
  const { rows } = await admin.query<{ id: string }>(
    `select id from (
       (select seq, sort_key from ticket where state = 1 and available_at_ms <= now_ms() order by available_at_ms, seq limit 1000)
       union all select seq, sort_key from ticket where state = 3) x
     join job using (seq) order by sort_key, x.seq limit $1`,
    [limit],
  )
  return rows.map(({ id }) => id)
}

/** Jobs by state as they lie, where the counters say the same. */
async function states(): Promise<Readonly<Record<string, number>>> {
  const { rows } = await admin.query<{ state: number; n: number }>(
    'select state, count(*)::int as n from ticket group by 1 order by 1',
  )
  const { rows: counted } = await admin.query(
    `select state, sum(n)::int as n from (select state, n from tally union all select state, n from tally_change) x
     where state < 7 group by 1 having sum(n) <> 0 order by 1`,
  )
  expect(counted).toEqual(rows)
  return Object.fromEntries(rows.map(({ state, n }) => [state, n]))
}

test('more than a thousand due jobs, beside ready ones, come in one order, and the rest of them later', async () => {
  await enqueue('due', 2_500, { isDue: true })
  await makeDue()
  await enqueue('ready', 300)
  const first = await expected(600)
  expect(await claim(600)).toEqual(first)
  expect(await states()).toEqual({ 1: 1_900, 3: 300, 5: 600 })
  const second = await expected(1_000)
  expect(second.some((id) => id.startsWith('ready'))).toBe(false)
  expect(await claim(1_000)).toEqual(second)
  expect(await states()).toEqual({ 1: 900, 3: 300, 5: 1_600 })
  // The last ones are fewer than a thousand: those that find no room are ready.
  const third = await expected(500)
  expect(await claim(500)).toEqual(third)
  expect(await states()).toEqual({ 3: 700, 5: 2_100 })
  expect(await claim(1_000)).toHaveLength(700)
  expect(await claim(1_000)).toEqual([])
})

test('due jobs of another queue, and of one that is paused, are made ready; what has expired is handed to nobody', async () => {
  const { 5: held } = await states()
  await enqueue('other', 30, { queue: 'other', isDue: true })
  await enqueue('late', 20, { isDue: true, ttlMs: 3_600_000 })
  await enqueue('mine', 10, { isDue: true })
  await makeDue()
  await admin.query(
    `update ticket t set expires_at_ms = now_ms() - 1 from job j where j.seq = t.seq and j.id like 'late-%'`,
  )
  expect((await claim(1_000)).toSorted()).toEqual(
    Array.from({ length: 10 }, (_, i) => `mine-${i}`).toSorted(),
  )
  expect(await states()).toEqual({ 3: 30, 5: Number(held) + 10 })
  await enqueue('again', 5, { isDue: true })
  await makeDue()
  await store.setQueues([{ name: 'q', paused: { reason: 'now', by: 'ada' } }])
  expect(await claim(1_000)).toEqual([])
  expect(await states()).toEqual({ 3: 35, 5: Number(held) + 10 })
  await store.setQueues([{ name: 'q', paused: null }])
  expect(await claim(1_000)).toHaveLength(5)
  expect(await claim(1_000, 'other')).toHaveLength(30)
})

test('two that claim at the same time share what is due', async () => {
  const about = { host: 'h', pid: 2, version: '1', queues: ['q'], tasks: ['t', 'u'], concurrency: 9 }
  await store.beat({ worker: 'x', ttlMs: 86_400_000, about })
  await enqueue('shared', 2_000, { isDue: true })
  await makeDue()
  const seen = new Set<string>()
  let xCall = 0
  for (let round = 0; round < 20 && seen.size < 2_000; round++) {
    const queues = [{ name: 'q', limit: 700 }]
    xCall += 1
    const [mine, other] = await Promise.all([
      claim(700),
      store.claim({ worker: 'x', call: xCall, received: xCall - 1, limit: 700, queues }),
    ])
    const ids = [...mine, ...other.jobs.map(({ id }) => id)]
    for (const id of ids) expect(seen.has(id)).toBe(false)
    for (const id of ids) seen.add(id)
  }
  expect(seen.size).toBe(2_000)
  await states()
})
