// Large batches on Postgres: those written at once, in columns, and the ways out of there where one job differs from the others.
import type { Store } from 'legwork/store'
import { postgres } from 'legwork/postgres'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ClaimedJob, NewJob, Settlement } from '../../src/job/job.ts'
import { startPostgres, type TestServer } from '../fixtures/postgres.mjs'

const usual = { completed: 86_400_000, cancelled: 604_800_000, dead: null }
const about = { host: 'h', pid: 1, version: '1', queues: ['q'], tasks: ['t'], concurrency: 1 }

let server: TestServer
let schemas = 0
const stores: Store[] = []

beforeAll(async () => {
  server = await startPostgres()
})
afterAll(async () => {
  for (const store of stores) await store.close()
  await server.stop()
})

const another = async (schema: string): Promise<Store> => {
  const store = postgres({ url: server.url, schema, notify: false })
  stores.push(store)
  await store.open()
  return store
}
/** A store of its own, with a worker. */
async function fresh() {
  const schema = `batches_${++schemas}`
  const store = await another(schema)
  await store.beat({ worker: 'w', ttlMs: 600_000, about })
  return { store, schema }
}

const job = (id: string, more: Partial<NewJob> = {}): NewJob => ({
  ...{ id, task: 't', queue: 'q', payload: `"${id}"`, version: 1, priority: 5, maxAttempts: 3, tags: [] },
  retain: usual,
  ...more,
})
const jobs = (n: number, from = 0): NewJob[] => Array.from({ length: n }, (_, i) => job(`j${from + i}`))
const ask = (call: number, limit: number) => ({
  ...{ worker: 'w', call, received: call - 1, limit, queues: [{ name: 'q', limit }] },
})
const done = ({ id, fence }: ClaimedJob): Settlement => ({ id, fence, move: 'complete' })
const statesOf = async (store: Store) => (await store.counts(['q']))[0]?.states

test('jobs that are known already are found among many that are new, and nothing is written twice', async () => {
  const { store } = await fresh()
  await store.enqueue([job('j3', { payload: '"first"' }), job('j400')])
  const answers = await store.enqueue([...jobs(500), job('j7')])
  const known = answers.flatMap(({ outcome }, i) => (outcome === 'created' ? [] : [`${i} ${outcome}`]))
  expect(known).toEqual(['3 duplicate', '400 duplicate', '500 duplicate'])
  expect(await statesOf(store)).toMatchObject({ ready: 500 })
  expect((await store.get(['j3']))[0]?.payload).toBe('"first"')
  const { jobs: claimed } = await store.claim(ask(1, 1_000))
  expect(claimed.map(({ id }) => id)).toEqual([
    'j3',
    'j400',
    ...jobs(500)
      .map(({ id }) => id)
      .filter((id) => id !== 'j3' && id !== 'j400'),
  ])
})

test('kinds, instants and retention of each job stay its own', async () => {
  const { store } = await fresh()
  const at = Date.now() + 3_600_000
  const kinds = [
    {},
    { priority: 1 },
    { task: 'u' },
    { runAt: at },
    { retain: { ...usual, completed: 1 } },
    { maxAttempts: 9 },
    { version: 2 },
  ]
  const mixed = Array.from({ length: 700 }, (_, i) => job(`j${i}`, kinds[i % 7]))
  const answers = await store.enqueue(mixed)
  expect(answers.map(({ state }) => state)).toEqual(mixed.map(({ runAt }) => (runAt ? 'scheduled' : 'ready')))
  const { jobs: claimed } = await store.claim(ask(1, 1_000))
  const urgent = mixed.filter(({ priority }) => priority === 1)
  const others = mixed.filter(({ priority, runAt }) => priority !== 1 && !runAt)
  const shown = claimed.map(({ id, task, version, maxAttempts, payload }) => ({
    id,
    task,
    version,
    maxAttempts,
    payload,
  }))
  expect(shown).toEqual(
    [...urgent, ...others].map(({ id, task, version, maxAttempts, payload }) => ({
      id,
      task,
      version,
      maxAttempts,
      payload,
    })),
  )
  await store.settle('w', claimed.map(done))
  // Kept for a millisecond, or for a day.
  await expect.poll(() => store.tend(1_000).then(() => store.get(['j4']))).toEqual([undefined])
  expect((await store.get(['j0']))[0]).toMatchObject({ state: 'completed' })
})

test('many endings beside a large claim: all are written, each with its own result, and the next jobs come in order', async () => {
  const { store } = await fresh()
  await store.enqueue(jobs(900))
  const first = (await store.claim(ask(1, 300))).jobs
  const endings = first.map((one, i) => (i % 3 ? done(one) : { ...done(one), result: `{"n":${i}}` }))
  const { settled, claimed } = await store.exchange(endings, ask(2, 300))
  expect(new Set(settled)).toEqual(new Set(['applied']))
  expect(claimed.jobs.map(({ id }) => id)).toEqual(jobs(300, 300).map(({ id }) => id))
  const seen = await store.get(['j0', 'j1', 'j3'], { attempts: true })
  expect(seen.map((one) => one?.result)).toEqual(['{"n":0}', undefined, '{"n":3}'])
  expect(seen.map((one) => one?.attempts?.map(({ outcome, worker }) => `${outcome} by ${worker}`))).toEqual(
    seen.map(() => ['complete by w']),
  )
  expect(await statesOf(store)).toMatchObject({ completed: 300, running: 300, ready: 300 })
})

test('one that is held no more, and one that is given back, change nothing for the others', async () => {
  const { store } = await fresh()
  await store.enqueue(jobs(600))
  const { jobs: claimed } = await store.claim(ask(1, 300))
  const endings = claimed.map(done)
  endings[7] = { id: 'j7', fence: 2, move: 'complete' }
  endings[8] = { id: 'gone', fence: 1, move: 'complete' }
  endings[9] = { id: 'j9', fence: 1, move: 'release' }
  const { settled, claimed: next } = await store.exchange(endings, ask(2, 300))
  expect(settled.flatMap((word, i) => (word === 'applied' ? [] : [`${i} ${word}`]))).toEqual([
    '7 stale',
    '8 gone',
  ])
  // It kept its place, and is the first in line.
  expect(next.jobs[0]).toMatchObject({ id: 'j9', fence: 2, attempt: 2, previous: { outcome: 'release' } })
  expect(next.jobs).toHaveLength(300)
})

test('what another store of the process, or nobody, remembers is found by its id; a word that is repeated stays the same', async () => {
  const { store, schema } = await fresh()
  await store.enqueue(jobs(300))
  const { jobs: claimed } = await store.claim(ask(1, 300))
  const stranger = await another(schema)
  const endings = claimed.map(done)
  for (let n = 0; n < 2; n++)
    expect(new Set(await stranger.settle('w', endings))).toEqual(new Set(['applied']))
  expect(new Set((await store.exchange(endings, ask(2, 300))).settled)).toEqual(new Set(['applied']))
  const other = endings.map((one) => ({ ...one, result: '1' }))
  expect(new Set(await store.settle('w', other))).toEqual(new Set(['conflict']))
  expect(await statesOf(store)).toMatchObject({ completed: 300 })
})

test('jobs of a queue, of a task, and of both are found newest first, page by page, however they lie among each other', async () => {
  const { store } = await fresh()
  const all = Array.from({ length: 120 }, (_, i) =>
    job(`f${i}`, { queue: `q${i % 3}`, task: `t${(i * 7) % 4}`, version: 1 + (i % 2) }),
  )
  for (let i = 0; i < all.length; i += 40) await store.enqueue(all.slice(i, i + 40))
  // A queue that is known, and never had a job.
  await store.setQueues([{ name: 'q8', paused: { reason: 'r', by: 'b' } }])
  for (const where of [
    { queue: 'q1' },
    { task: 't2' },
    { queue: 'q1', task: 't2' },
    { queue: 'q9' },
    { queue: 'q8' },
  ]) {
    const found: string[] = []
    let cursor: string | undefined
    do {
      const page = await store.find(where, { limit: 7, ...(cursor !== undefined && { cursor }) })
      found.push(...page.jobs.map(({ id }) => id))
      cursor = page.cursor
    } while (cursor !== undefined)
    const meant = all.filter((one) =>
      Object.entries(where).every(([key, value]) => one[key as 'queue' | 'task'] === value),
    )
    expect(found, JSON.stringify(where)).toEqual(meant.map(({ id }) => id).reverse())
  }
})
