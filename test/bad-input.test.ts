// What a hostile or careless caller may put into a payload, and the coded error that comes before anything is written:
// on the store in memory and on a real file, through the public front door only.
import { fixed, InvalidPayload, LegworkError, limits, task, unchecked, UnknownThing } from 'legwork'
import type { App } from 'legwork'
import * as v from 'valibot'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import {
  anything,
  engines,
  errorOf,
  expectRefused,
  good,
  jobsIn,
  looseTask,
  loosely,
  newApp,
  type Refusal,
  unserved,
  useFolder,
  withHandlers,
} from './refusal-kit.ts'

useFolder()

class Invoice {
  total = 5
}
const cyclic: Record<string, unknown> = { name: 'a' }
cyclic['self'] = { back: [cyclic] }
const throwing = {
  get total(): number {
    throw new Error('no total today')
  },
}
const angry = new Proxy(
  {},
  {
    ownKeys() {
      throw new TypeError('go away')
    },
  },
)
const { proxy: revoked, revoke } = Proxy.revocable({}, {})
revoke()
/** Thirty shared references stand for a thousand million values. */
const bomb = (() => {
  let value: unknown = 'x'
  for (let i = 0; i < 30; i++) value = [value, value]
  return value
})()
const nested = (depth: number) => JSON.parse('['.repeat(depth) + ']'.repeat(depth)) as unknown

const unserialisable: readonly [name: string, value: unknown, says: RegExp][] = [
  ['a BigInt', { a: { b: 10n } }, /: a\.b: got 10n, expected/],
  ['a function', { a: [1, () => 1] }, /: a\[1\]: got function/],
  ['a symbol', { a: Symbol('s') }, /: a: got Symbol\(s\)/],
  ['a Map', { a: new Map([[1, 2]]) }, /: a: got an instance of Map/],
  ['a Set', [new Set([1])], /\[0\]: got an instance of Set/],
  ['a Date', { at: new Date(0) }, /: at: got an instance of Date, which JSON would turn into/],
  ['a class instance', { invoice: new Invoice() }, /: invoice: got an instance of Invoice/],
  ['a RegExp', { a: /x/ }, /: a: got an instance of RegExp/],
  ['an Error', { a: new Error('x') }, /: a: got an instance of Error/],
  ['a typed array', { a: new Uint8Array(3) }, /: a: got an instance of Uint8Array/],
  ['a promise', { a: Promise.resolve(1) }, /: a: got an instance of Promise/],
  ['a boxed number', { a: Object(1) }, /: a: got an instance of Number/],
  [
    'an object with a prototype',
    Object.create({ inherited: 1 }),
    /got an object with a prototype of its own/,
  ],
  ['a cycle', cyclic, /: self\.back\[0\]: got a reference back to its own parent/],
  ['NaN', { a: Number.NaN }, /: a: got NaN, expected a finite number/],
  ['Infinity', [1, -Infinity], /\[1\]: got -Infinity/],
  ['undefined in an array', { a: [1, undefined] }, /: a\[1\]: got undefined/],
  // oxlint-disable-next-line no-sparse-arrays
  ['a sparse array', [1, , 3], /\[1\]: got undefined/],
  [
    'an endless sparse array',
    Array.from({ length: 0 }).concat(new Array(4_000_000_000)),
    /\[0\]: got undefined/,
  ],
  ['toJSON', { a: { toJSON: () => 'other' } }, /: a: got .*which JSON would turn into something else/],
  ['toJSON on an array', Object.assign([1], { toJSON: () => 'other' }), /which JSON would turn into/],
  [
    'a getter that throws',
    { a: throwing },
    /: a\.total: got a value that cannot be read \(Error: no total today/,
  ],
  ['a proxy that throws', { a: angry }, /: a: got a value that cannot be read \(TypeError: go away/],
  ['a revoked proxy', { a: revoked }, /: a: got a value that cannot be read/],
  ['symbol keys', { a: { [Symbol('k')]: 1 } }, /: a: got an object with symbol keys/],
  ['nesting without end', { a: nested(5_000) }, /got nesting deeper than 512/],
]
const untextual: readonly [name: string, value: unknown, code: string, says: RegExp][] = [
  ['NUL in a value', { to: 'a\0b' }, 'LW1105', /: to holds a NUL character at position 1/],
  ['NUL in a key', { 'a\0b': 1 }, 'LW1105', /a key of .* holds a NUL character at position 1/],
  [
    'a high surrogate alone',
    { to: ['ab\ud800'] },
    'LW1105',
    /: to\[0\] holds half of a surrogate pair at position 2/,
  ],
  ['a low surrogate alone', { to: '\udc00x' }, 'LW1105', /: to holds half of a surrogate pair at position 0/],
  ['half a pair in a key', { 'x\ud83d': 1 }, 'LW1105', /a key of .* holds half/],
  [
    'an own __proto__',
    JSON.parse('{"a":{"__proto__":{"admin":true}}}'),
    'LW1106',
    /: a has an own key "__proto__"/,
  ],
  ['a text that is too large', { a: 'x'.repeat(limits.payloadBytes) }, 'LW1104', /the limit is 1048576/],
  ['a text that is far too large', 'x'.repeat(200_000_000), 'LW1104', /the limit is 1048576/],
  ['many bytes in few characters', { a: '\u20ac'.repeat(400_000) }, 'LW1104', /has 12000\d\d bytes/],
  ['many small values', Array.from({ length: 600_000 }, () => 1), 'LW1104', /the limit is/],
  ['shared references without end', bomb, 'LW1104', /has more than 1048576 bytes/],
]

describe.each(engines)('payloads on %s', (engine) => {
  let app: App
  beforeAll(async () => {
    app = withHandlers(newApp(engine))
    await app.start()
  })
  afterAll(() => app.stop())

  /** Refused with this, nothing written, and the next good job runs. */
  async function expectHarmless(call: () => unknown, refusal: Refusal): Promise<void> {
    const before = await jobsIn(app)
    await expectRefused(call, refusal)
    expect(await jobsIn(app), 'jobs after the refusal').toBe(before)
    expect(await app.run(good, { n: 41 }, { timeout: '20s' })).toBe(42)
  }

  // Not test.each: a runner that prints these values would be the first victim.
  for (const [name, value, says] of unserialisable)
    test(name, async () => {
      await expectHarmless(() => app.enqueue(anything, value), { is: InvalidPayload, code: 'LW1103', says })
      await expectRefused(() => app.enqueue(anything, value), {
        is: InvalidPayload,
        code: 'LW1103',
        says: /task anything/,
      })
    })

  for (const [name, value, code, says] of untextual)
    test(name, async () => {
      const startedAt = performance.now()
      await expectHarmless(() => app.enqueue(anything, value), { is: InvalidPayload, code, says })
      expect(performance.now() - startedAt, 'milliseconds').toBeLessThan(5_000)
    })

  test('what JSON holds comes through unchanged', async () => {
    const value = {
      'odd key "\u2028': ['\u0001\u001f\u007f\ufeff', '\ud83d\ude00', '', -1.5e-300, 2 ** 53 - 1, true, null],
      constructor: 1,
      toString: 'x',
      empty: {},
      deep: nested(500),
      nothing: undefined,
      bare: Object.assign(Object.create(null) as object, { a: 1 }),
    }
    const job = await app.enqueue(anything, value)
    expect(await job.result({ timeout: '20s' })).toBe('done')
    const [stored] = await (await app.store()).get([job.id])
    expect(JSON.parse(stored?.payload ?? '')).toEqual(JSON.parse(JSON.stringify(value)))
    // JSON has one zero only.
    const [zero] = await (await app.store()).get([(await app.enqueue(anything, -0)).id])
    expect(zero?.payload).toBe('0')
  })

  test('an input is read when the call is made: the same object may be used for the next job', async () => {
    const fresh = newApp(engine)
    const input = { n: 0 }
    const calls: ReturnType<App['enqueue']>[] = []
    for (; input.n < 3; input.n++) calls.push(fresh.enqueue(anything, input, { tags: [`n${input.n}`] }))
    const row = [{ n: 10 }, { n: 11 }]
    const many = fresh.enqueueMany(anything, row)
    for (const one of row) one.n = 0
    const jobs = [...(await Promise.all(calls)), ...(await many)]
    const stored = await (await fresh.store()).get(jobs.map(({ id }) => id))
    expect(stored.map((job) => (JSON.parse(job?.payload ?? '') as { n: number }).n)).toEqual([
      0, 1, 2, 10, 11,
    ])
    await fresh.stop()
  })

  test('an input that may be missing arrives as missing, and null as null', async () => {
    const inputs = {
      optional: z.object({ n: z.number() }).optional(),
      byDefault: z.object({ n: z.number() }).default({ n: 5 }),
      nullable: z.object({ n: z.number() }).nullable(),
      valibot: v.optional(v.object({ n: v.number() })),
    }
    const seen: Record<string, unknown> = {}
    const fresh = newApp(engine)
    const tasks = Object.entries(inputs).map(([name, input]) =>
      task(name, { input: input as z.ZodType<unknown> }),
    )
    for (const one of tasks) fresh.handle(one, ({ input }) => void (seen[one.name] = input))
    await fresh.start()
    for (const one of tasks)
      await fresh.run(one, one.name === 'nullable' ? null : undefined, { timeout: '20s' })
    expect(seen).toEqual({ optional: undefined, byDefault: { n: 5 }, nullable: null, valibot: undefined })
    await fresh.stop()
  })

  test('a stored payload that no longer fits is dead at once; a schema that fails itself is tried again', async () => {
    const old = task('shape', { input: unchecked<unknown>() })
    let isDown = true
    const lookup = z.number().refine(async () => {
      if (isDown) throw new Error('the database is down')
      return Promise.resolve(true)
    })
    const flaky = task('flaky', { input: lookup, retry: { attempts: 5, backoff: fixed(10) } })
    const fresh = newApp(engine)
      .handle(task('shape', { input: z.object({ n: z.number() }) }), () => 'ran')
      .handle(flaky, ({ input }) => `ran ${input}`)
    const [wrong, missing] = await fresh.enqueueMany(old, [{ n: 'x' }, undefined])
    const waiting = await fresh.enqueue(
      task('flaky', { input: unchecked<number>(), retry: { attempts: 5 } }),
      7,
    )
    await fresh.start()
    for (const job of [wrong, missing]) {
      await expectRefused(() => job?.result({ timeout: '20s' }), {
        is: LegworkError,
        code: 'LW2201',
        says: /undecodable/,
      })
      expect(await job?.status()).toMatchObject({
        state: 'dead',
        reason: 'undecodable',
        attempt: 1,
        failures: 0,
        error: { code: 'LW2008' },
      })
    }
    for await (const event of waiting.events()) if (event.type === 'ended') break
    isDown = false
    expect(await waiting.result({ timeout: '20s' })).toBe('ran 7')
    expect((await waiting.status()).failures).toBeGreaterThan(0)
    await fresh.stop()
  })

  test('a payload that fits exactly is taken, one byte more is not', async () => {
    const fits = 'x'.repeat(limits.payloadBytes - 2)
    await expectHarmless(() => app.enqueue(anything, `${fits}x`), { is: InvalidPayload, code: 'LW1104' })
    expect(await app.run(anything, fits, { timeout: '20s' })).toBe('done')
  })

  test('a schema names the path and what it expected', async () => {
    const zod = task('zod', {
      input: z.object({ to: z.object({ mail: z.email() }), n: z.array(z.number()) }),
    })
    const valibot = task('valibot', {
      input: v.object({ to: v.object({ mail: v.string() }), n: v.array(v.number()) }),
    })
    const bad = { to: { mail: 5 }, n: [1, 'two'] } as never
    const refusal = (says: RegExp) => ({ is: InvalidPayload, code: 'LW1102', says })
    await expectHarmless(
      () => app.enqueue(zod, bad),
      refusal(/the input of task zod does not fit.*to\.mail: .*expected string.*n\[1\]: .*expected number/s),
    )
    await expectHarmless(
      () => app.enqueue(valibot, bad),
      refusal(/the input of task valibot.*to\.mail: .*Expected string.*n\[1\]: .*Expected number/s),
    )
    await expectHarmless(
      () => app.enqueue(zod, undefined as never),
      refusal(/the value itself: .*expected object/),
    )
    const error = (await errorOf(() => app.enqueue(zod, bad))) as LegworkError
    expect(error.details['issues']).toEqual([
      { path: 'to.mail', message: expect.any(String) },
      { path: 'n[1]', message: expect.any(String) },
    ])
  })

  test('a schema that answers a hundred issues, or odd keys, or fails itself, is still a coded error', async () => {
    const many = task('many', { input: z.array(z.number()) })
    await expectHarmless(() => app.enqueue(many, Array.from({ length: 100 }, () => 'x') as never), {
      is: InvalidPayload,
      code: 'LW1102',
      says: /\(and 95 more\)/,
    })
    const odd = task('odd', { input: z.record(z.string(), z.number()) })
    await expectHarmless(() => app.enqueue(odd, { 'a\n\u001b[31mb': 'x' } as never), {
      is: InvalidPayload,
      code: 'LW1102',
    })
    const failing = (validate: () => unknown) =>
      looseTask('failing', { input: { '~standard': { version: 1, vendor: 'x', validate } } })
    const broken = [
      () => Promise.reject(new Error('no database')),
      () => null,
      () => {
        throw new Error('no database')
      },
    ]
    for (const validate of broken)
      await expectHarmless(() => loosely(app).enqueue(failing(validate), 1), {
        is: InvalidPayload,
        code: 'LW1102',
        says: /task failing could not be checked/,
      })
  })

  test('one bad input among many refuses them all and says which', async () => {
    const inputs = [{ n: 1 }, { n: 2 }, { n: 'x' }] as never
    await expectHarmless(() => app.enqueueMany(good, inputs), {
      is: InvalidPayload,
      code: 'LW1102',
      says: /\(inputs\[2\]\)\.$/,
    })
    await expectHarmless(() => app.enqueueMany(anything, [1, 2n]), {
      is: InvalidPayload,
      code: 'LW1103',
      says: /\(inputs\[1\]\)\.$/,
    })
    // Calls made together share a commit, but not a fate.
    const together = await Promise.allSettled([
      app.enqueue(good, { n: 1 }),
      app.enqueue(anything, 1n),
      app.enqueue(good, { n: 3 }),
    ])
    expect(together.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
  })

  const notTasks = [
    undefined,
    null,
    'good',
    5,
    {},
    { name: 'good' },
    { kind: 'task', name: 'good' },
    () => {},
    angry,
  ]
  for (const [i, value] of notTasks.entries())
    test(`a non-task is refused everywhere (${i})`, async () => {
      const refusal = {
        is: UnknownThing,
        code: 'LW1101',
        says: /where a task is expected\. Pass the value that task\(/,
      }
      await expectHarmless(() => loosely(app).enqueue(value, {}), refusal)
      await expectHarmless(() => loosely(app).enqueueMany(value, []), refusal)
      await expectHarmless(() => loosely(app).run(value), refusal)
      await expectHarmless(() => loosely(newApp('memory')).handle(value, () => {}), refusal)
    })

  test('a job whose task nobody handles waits, and why() says so', async () => {
    const job = await app.enqueue(unserved, 1)
    expect((await app.why(job.id)).reason).toEqual({ kind: 'no-worker', queue: 'later' })
    const stray = await app.enqueue(task('stray', {}))
    // By then the worker has looked into their queue.
    await app.run(good, { n: 1 }, { timeout: '20s' })
    expect(await stray.status()).toMatchObject({ state: 'ready', attempt: 0 })
    expect(await app.why(stray.id)).toMatchObject({ reason: { kind: 'no-handler', task: 'stray' } })
    expect((await app.why(stray.id)).text).toMatch(/no live worker has a handler for task stray/)
  })
})
