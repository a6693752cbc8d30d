import { legwork, task, unchecked, type Upcasters } from 'legwork'
import { testApp } from 'legwork/testing'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { errorOf } from './refusal-kit.ts'

const v1 = task('mail', { input: unchecked<{ kind: string }>() })
const schema = z.object({ template: z.string(), lang: z.string() })
const steps = {
  1: (old: { kind: string }) => ({ template: old.kind }),
  2: async (old: object) => ({ ...old, lang: 'en' }),
}

/** Enqueues with one release of the task and runs with another. */
async function handedOver(newer: ReturnType<typeof task>, older = v1, input: unknown = { kind: 'welcome' }) {
  const seen: unknown[] = []
  const t = testApp(legwork('memory:').handle(newer, ({ input: got }) => void seen.push(got)))
  const job = await t.enqueue(older as typeof v1, input as { kind: string })
  const after = await t.enqueue(newer, { template: 'x', lang: 'no' } as never)
  await t.drain()
  return { t, seen, status: await job.status(), after: await after.status(), id: job.id }
}

test('a payload of an older version is brought up step by step, then parsed', async () => {
  const v3 = task('mail', { input: schema, version: 3, upcast: steps })
  const { seen, status } = await handedOver(v3 as never)
  expect(seen.toReversed()).toEqual([
    { template: 'welcome', lang: 'en' },
    { template: 'x', lang: 'no' },
  ])
  expect(status).toMatchObject({ state: 'completed', failures: 0 })
})

test.each<[string, Upcasters, RegExp]>([
  [
    'throws',
    {
      1: () => {
        throw new TypeError('no kind')
      },
    },
    /has version 1, and the upcaster from version 1 to 2 threw TypeError: no kind/,
  ],
  ['rejects', { 1: async () => Promise.reject(new Error('late')) }, /threw Error: late/],
  ['returns nothing', { 1: () => {} }, /from version 1 to 2 returned nothing/],
  ['returns garbage', { 1: () => 'garbage' }, /brought from version 1 to 2, does not fit its schema/],
  ['returns null', { 1: () => null }, /brought from version 1 to 2, does not fit its schema/],
  ['is not there', {}, /has version 1, and this worker has no upcaster from version 1/],
])('an upcaster that %s makes the job dead at once, and nothing else', async (_, upcast, says) => {
  const v2 = task('mail', { input: schema, version: 2, upcast })
  const { t, seen, status, after, id } = await handedOver(v2 as never)
  expect(status).toMatchObject({ state: 'dead', reason: 'undecodable', failures: 0, attempt: 1 })
  expect(status.error?.message).toMatch(says)
  expect(status.error?.message).toContain(id)
  expect(after).toMatchObject({ state: 'completed' })
  expect(seen).toEqual([{ template: 'x', lang: 'no' }])
  expect((await t.why(id)).text).toMatch(says)
})

test('a job that was dead for want of an upcaster runs once one is there', async () => {
  const app = legwork('memory:').handle(task('mail', { input: schema, version: 3, upcast: steps }), () => {})
  const t = testApp(app)
  const bad = await t.enqueue(v1, { kind: 7 as never })
  await t.drain()
  expect(await bad.status()).toMatchObject({ state: 'dead', reason: 'undecodable' })
  expect(await t.retry(bad.id)).toBe('done')
})

test.each<[string, number | undefined, unknown, RegExp]>([
  ['a hole', 4, { 1: () => 1, 3: () => 1 }, /2 is missing/],
  ['the last one missing', 3, { 1: () => 1 }, /2 is missing/],
  ['one of the version itself', 2, { 1: () => 1, 2: () => 1 }, /versions below 2/],
  ['one without a version', undefined, { 1: () => 1 }, /versions below 1/],
  ['no function', 2, { 1: 'x' }, /expected a function/],
  ['no version', 2, { one: () => 1 }, /versions below 2/],
  ['a list', 2, [() => 1], /functions by the version/],
])('upcasters with %s are refused where the task is defined', async (_, version, upcast, says) => {
  const error = (await errorOf(() =>
    task('t', { ...(version && { version }), upcast: upcast as never }),
  )) as Error
  expect(error).toMatchObject({ code: 'LW1201' })
  expect(error.message).toMatch(says)
})
