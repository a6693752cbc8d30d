// Jobs that one call has completed share a row that says in which order they ended; what is told of them is as if each had its own.
import { beforeAll, expect, test } from 'vitest'
import { defaults } from '../../src/job/defaults.ts'
import { digest } from '../../src/job/settle.ts'
import { postgresStage, type Stage } from '../fixtures/postgres-stage.ts'

const dayMs = 86_400_000
const ids = ['a', 'b', 'c', 'd', 'e']
let admin: Stage['admin']
let store: Stage['store']
let call = 0
const stage = postgresStage(['t'], 10 * dayMs)
beforeAll(() => {
  ;({ admin, store } = stage())
})

async function complete(...some: readonly string[]): Promise<void> {
  const limit = some.length
  const queues = [{ name: 'q', limit }]
  const { jobs } = await store.claim({ worker: 'w', call: ++call, received: call - 1, limit, queues })
  expect(jobs.map(({ id }) => id)).toEqual(some)
  const done = jobs.map(({ id, fence }) => ({ id, fence, move: 'complete' as const }))
  expect(await store.settle('w', done)).toEqual(done.map(() => 'applied'))
}

const enqueue = (...some: readonly string[]) =>
  store.enqueue(
    some.map((id) => ({
      ...{ id, task: 't', queue: 'q', payload: '{}', version: 1, priority: 5, maxAttempts: 3, tags: [] },
      retain: defaults.retain,
    })),
  )

/** Each end of a run since a place, in pages of two. */
async function told(after: string): Promise<readonly string[]> {
  const ends: string[] = []
  for (let cursor = after; ; ) {
    const page = await store.changes({ after: cursor, limit: 2 })
    for (const one of page.items) if (one.kind === 'ended') ends.push(`${one.id}${one.attempt.attempt}`)
    if (!page.more) return ends
    cursor = page.cursor
  }
}

const tend = async (ms: number, budget: number): Promise<number> => {
  const arg = JSON.stringify({ now: Date.now() + ms, budget, forgetMs: dayMs })
  const { rows } = await admin.query<{ answer: { removed: number } }>('select tend_v1($1)::json as answer', [
    arg,
  ])
  return rows[0]?.answer.removed ?? -1
}
const count = async (table: string): Promise<number> =>
  (await admin.query<{ n: number }>(`select count(*)::int as n from ${table}`)).rows[0]?.n ?? -1
const attemptsOf = async (id: string) =>
  (await store.get([id], { attempts: true }))[0]?.attempts?.map(({ attempt, outcome, worker }) => [
    ...[attempt, outcome, worker],
  ])

test('the digest of a job that is simply done is what the schema takes it for', async () => {
  const { rows } = await admin.query<{ plain: string }>('select plain_digest() as plain')
  expect(rows).toEqual([{ plain: digest({ id: '', fence: 0, move: 'complete' }) }])
})

test('a completed job is told as ever: once, with its attempt, also when it came back; what shared its row leaves in pieces', async () => {
  const { cursor: start } = await store.changes({ limit: 2 })
  await enqueue(...ids)
  await complete(...ids)
  expect([await count('attempt'), await count('endings')]).toEqual([0, 1])
  expect(await attemptsOf('b')).toEqual([[1, 'complete', 'w']])
  const [known] = await store.get(['b'])
  expect(known).toMatchObject({ state: 'completed', attempt: 1, startedAt: expect.any(Number) })
  expect(await told(start)).toEqual(['a1', 'b1', 'c1', 'd1', 'e1'])
  // A repeated ending is known again, another one is not the same.
  const again = { id: 'b', fence: 1, move: 'complete' as const }
  expect(await store.settle('w', [again])).toEqual(['applied'])
  expect(await store.settle('w', [{ ...again, result: '1' }])).toEqual(['conflict'])
  expect(await store.settle('x', [again])).toEqual(['stale'])

  await store.act({ verb: 'retry', ids: ['b'], by: 'ada' })
  expect(await attemptsOf('b')).toEqual([[1, 'complete', 'w']])
  expect(await told(start)).toEqual(['a1', 'b1', 'c1', 'd1', 'e1'])
  await complete('b')
  expect(await attemptsOf('b')).toEqual([
    [1, 'complete', 'w'],
    [2, 'complete', 'w'],
  ])
  expect(await told(start)).toEqual(['a1', 'b1', 'c1', 'd1', 'e1', 'b2'])

  // One of them is to stay for longer than the others.
  await admin.query(
    `update history set expires_at_ms = $1, is_apart = true where seq = (select seq from job where id = 'd')`,
    [Date.now() + 9 * dayMs],
  )
  expect(await tend(dayMs - 60_000, 2)).toBe(0)
  // What it looks at and leaves counts, too: here b and d.
  expect([await tend(dayMs + 60_000, 2), await tend(dayMs + 60_000, 2)]).toEqual([1, 1])
  expect(await store.get(ids)).toMatchObject([undefined, { id: 'b' }, undefined, { id: 'd' }, { id: 'e' }])
  expect(await told(start)).toEqual(['b1', 'd1', 'e1', 'b2'])
  expect([await tend(dayMs + 60_000, 2), await tend(dayMs + 60_000, 2)]).toEqual([2, 0])
  expect(await count('endings')).toBe(0)
  expect(await attemptsOf('d')).toEqual([[1, 'complete', 'w']])
  expect(await told(start)).toEqual(['d1'])
  expect(await tend(10 * dayMs, 2)).toBe(1)
  expect([await count('job'), await count('attempt'), await count('history')]).toEqual([0, 0, 0])
})

test('a policy keeps completed jobs beyond the others, with what is told of them', async () => {
  const { cursor: start } = await store.changes({ limit: 2 })
  await enqueue('f', 'g')
  await complete('f', 'g')
  await store.retention.set({ to: { completed: { ageMs: 5 * dayMs } }, by: 'ada' })
  await enqueue('h')
  await complete('h')
  expect([await tend(2 * dayMs, 100), await count('endings')]).toEqual([0, 0])
  expect(await told(start)).toEqual(['f1', 'g1', 'h1'])
  expect(await tend(6 * dayMs, 100)).toBe(3)
  expect([await count('job'), await count('attempt'), await count('history')]).toEqual([0, 0, 0])
})

test('more than fit into one row are told in order', async () => {
  const { cursor: start } = await store.changes({ limit: 2 })
  const many = Array.from({ length: 450 }, (_, i) => `m${String(i).padStart(3, '0')}`)
  await enqueue(...many)
  await enqueue('z')
  await complete(...many.slice(0, 420))
  await complete(...many.slice(420), 'z')
  expect(await count('endings')).toBeGreaterThan(3)
  const page = await store.changes({ after: start, limit: 1_000 })
  const ends = page.items.flatMap((one) => (one.kind === 'ended' ? [one.id] : []))
  expect(ends.toSorted()).toEqual([...many, 'z'])
  expect(await told(start)).toEqual([...many, 'z'].map((id) => `${id}1`))
})
