// What a hostile or careless caller may hand in, and the coded error that it gets before anything is written:
// on the store in memory and on a real file, through the public front door only.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  custom,
  exponential,
  fixed,
  InvalidOption,
  InvalidPayload,
  LegworkError,
  legwork,
  limits,
  linear,
  RetryIn,
  Snooze,
  StoreError,
  task,
  UnknownThing,
  unchecked,
  WrongMoment,
} from 'legwork'
import type { App, JobHandle } from 'legwork'
import * as v from 'valibot'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'

/** The app as plain JavaScript sees it: no type stands between the caller and the mistake. */
interface Loose {
  enqueue(...args: unknown[]): Promise<JobHandle<unknown>>
  enqueueMany(...args: unknown[]): Promise<JobHandle<unknown>[]>
  run(...args: unknown[]): Promise<unknown>
  handle(...args: unknown[]): App
  start(...args: unknown[]): Promise<void>
  stop(...args: unknown[]): Promise<void>
  job(...args: unknown[]): JobHandle<unknown>
  why(...args: unknown[]): Promise<unknown>
  cancel(...args: unknown[]): Promise<unknown>
  retry(...args: unknown[]): Promise<unknown>
  pause(...args: unknown[]): Promise<unknown>
  resume(...args: unknown[]): Promise<unknown>
}
type Class = new (...args: never[]) => LegworkError
interface Refusal {
  readonly is: Class
  readonly code: string
  readonly says?: RegExp
}

const loosely = (app: App) => app as unknown as Loose
const looseTask = task as unknown as (...args: unknown[]) => unknown
const engines = ['memory', 'sqlite'] as const
type Engine = (typeof engines)[number]

const good = task('good', { input: z.object({ n: z.number() }), output: z.number() })
const anything = task('anything', { input: unchecked<unknown>() })
const unserved = task('unserved', { input: unchecked<unknown>(), queue: 'later' })

let folder: string
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'legwork-bad-input-'))))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

let files = 0
const newApp = (engine: Engine): App =>
  legwork({ store: engine === 'memory' ? 'memory:' : join(folder, `${++files}.db`) })
const withHandlers = (app: App): App =>
  app.handle(good, ({ input }) => input.n + 1).handle(anything, () => 'done')

/** The error that a call ends with, thrown at once or rejected with. */
async function errorOf(call: () => unknown): Promise<unknown> {
  try {
    await call()
  } catch (error) {
    return error
  }
  throw new Error('the call was not refused')
}

async function expectRefused(call: () => unknown, { is, code, says }: Refusal): Promise<LegworkError> {
  const error = (await errorOf(call)) as LegworkError
  expect(error).toBeInstanceOf(LegworkError)
  expect(error.message).toMatch(new RegExp(`^${code} `))
  expect(error).toBeInstanceOf(is)
  expect(error.code).toBe(code)
  if (says) expect(error.message).toMatch(says)
  expect(error.message.length, 'a message is for people').toBeLessThan(1_500)
  expect(error.message, 'no control characters reach a terminal').not.toMatch(/[\u0000-\u0008\u000b-\u001f]/)
  return error
}

/** The number of jobs, whatever their state. */
async function jobsIn(app: App): Promise<number> {
  const rows = await (await app.store()).counts()
  return rows.reduce((sum, { states }) => sum + Object.values(states).reduce((a, b) => a + b, 0), 0)
}

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
  ['a BigInt', { a: { b: 10n } }, /\.a\.b: got 10n, expected/],
  ['a function', { a: [1, () => 1] }, /\.a\[1\]: got function/],
  ['a symbol', { a: Symbol('s') }, /\.a: got Symbol\(s\)/],
  ['a Map', { a: new Map([[1, 2]]) }, /\.a: got an instance of Map/],
  ['a Set', [new Set([1])], /\[0\]: got an instance of Set/],
  ['a Date', { at: new Date(0) }, /\.at: got an instance of Date, which JSON would turn into/],
  ['a class instance', { invoice: new Invoice() }, /\.invoice: got an instance of Invoice/],
  ['a RegExp', { a: /x/ }, /\.a: got an instance of RegExp/],
  ['an Error', { a: new Error('x') }, /\.a: got an instance of Error/],
  ['a typed array', { a: new Uint8Array(3) }, /\.a: got an instance of Uint8Array/],
  ['a promise', { a: Promise.resolve(1) }, /\.a: got an instance of Promise/],
  ['a boxed number', { a: Object(1) }, /\.a: got an instance of Number/],
  [
    'an object with a prototype',
    Object.create({ inherited: 1 }),
    /got an object with a prototype of its own/,
  ],
  ['a cycle', cyclic, /\.self\.back\[0\]: got a reference back to its own parent/],
  ['NaN', { a: Number.NaN }, /\.a: got NaN, expected a finite number/],
  ['Infinity', [1, -Infinity], /\[1\]: got -Infinity/],
  ['undefined in an array', { a: [1, undefined] }, /\.a\[1\]: got undefined/],
  // oxlint-disable-next-line no-sparse-arrays
  ['a sparse array', [1, , 3], /\[1\]: got undefined/],
  [
    'an endless sparse array',
    Array.from({ length: 0 }).concat(new Array(4_000_000_000)),
    /\[0\]: got undefined/,
  ],
  ['toJSON', { a: { toJSON: () => 'other' } }, /\.a: got .*which JSON would turn into something else/],
  ['toJSON on an array', Object.assign([1], { toJSON: () => 'other' }), /which JSON would turn into/],
  [
    'a getter that throws',
    { a: throwing },
    /\.a\.total: got a value that cannot be read \(Error: no total today/,
  ],
  ['a proxy that throws', { a: angry }, /\.a: got a value that cannot be read \(TypeError: go away/],
  ['a revoked proxy', { a: revoked }, /\.a: got a value that cannot be read/],
  ['symbol keys', { a: { [Symbol('k')]: 1 } }, /\.a: got an object with symbol keys/],
  ['nesting without end', { a: nested(5_000) }, /got nesting deeper than 512/],
]
const untextual: readonly [name: string, value: unknown, code: string, says: RegExp][] = [
  ['NUL in a value', { to: 'a\0b' }, 'LW1105', /\.to holds a NUL character at position 1/],
  ['NUL in a key', { 'a\0b': 1 }, 'LW1105', /a key of .* holds a NUL character at position 1/],
  [
    'a high surrogate alone',
    { to: ['ab\ud800'] },
    'LW1105',
    /\.to\[0\] holds half of a surrogate pair at position 2/,
  ],
  ['a low surrogate alone', { to: '\udc00x' }, 'LW1105', /\.to holds half of a surrogate pair at position 0/],
  ['half a pair in a key', { 'x\ud83d': 1 }, 'LW1105', /a key of .* holds half/],
  [
    'an own __proto__',
    JSON.parse('{"a":{"__proto__":{"admin":true}}}'),
    'LW1106',
    /\.a has an own key "__proto__"/,
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
    await expectHarmless(() => app.enqueue(odd, { 'a\n\u001b[31m\0b': 'x' } as never), {
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
      says: /\(input 2\)/,
    })
    await expectHarmless(() => app.enqueueMany(anything, [1, 2n]), {
      is: InvalidPayload,
      code: 'LW1103',
      says: /\(input 1\)/,
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
    for await (const event of stray.events()) if (event.type === 'ended') break
    expect(await stray.status()).toMatchObject({ state: 'scheduled', failures: 0 })
    expect(await app.why(stray.id)).toMatchObject({ reason: { kind: 'no-handler', task: 'stray' } })
    expect((await app.why(stray.id)).text).toMatch(/no live worker has a handler for task stray/)
  })
})

describe.each(engines)('options on %s', (engine) => {
  let app: App
  beforeAll(async () => {
    app = withHandlers(newApp(engine))
    await app.start()
  })
  afterAll(() => app.stop())

  const past = new Date(Date.now() - 60_000)
  const badOptions: readonly [option: string, value: unknown, code: string, says: RegExp][] = [
    ...[null, 5, 'x', []].map((value) => ['', value, 'LW1201', /enqueue options: got/] as const),
    ...[-1, Number.NaN, Infinity, '5 parsecs', '5x', '-5m', '1e3s', '', null, {}, 200 * 365 * 86_400_000].map(
      (value) => ['delay', value, 'LW1201', /delay: got .*expected a duration such as/] as const,
    ),
    ...[0, -1, Number.NaN, '0s', 'forever', true].flatMap((value) => [
      ['ttl', value, 'LW1201', /ttl: got .*from 1 ms/] as const,
      ['deadline', value, 'LW1201', /deadline: got .*from 1 ms/] as const,
    ]),
    ['runAt', new Date(Number.NaN), 'LW1202', /runAt: got an invalid Date, expected a valid Date/],
    ['runAt', past, 'LW1202', /runAt: got "2.*expected an instant from now/],
    ['runAt', past.toISOString(), 'LW1202', /expected a valid Date/],
    ['runAt', Date.now() + 60_000, 'LW1202', /expected a valid Date/],
    ['runAt', null, 'LW1202', /expected a valid Date/],
    ['runAt', new Date(8.64e15), 'LW1201', /runAt: got/],
    ...[-1, 10, 1.5, Number.NaN, 'urgent', 'toString', '5', null, {}].map(
      (value) => ['priority', value, 'LW1201', /priority: got .*from 0 to 9/] as const,
    ),
    ...['', 'a\0b', 'a\nb', '\ud800', 'x'.repeat(256), '\u20ac'.repeat(86), 5, null, {}].map(
      (value) => ['id', value, 'LW1201', /id: got .*1 to 255 bytes/] as const,
    ),
    ...[
      'urgent',
      5,
      [5],
      [''],
      ['a b'],
      ['a\0'],
      ['\ud800'],
      ['x'.repeat(121)],
      Array.from({ length: 21 }, (_, i) => `t${i}`),
    ].map((value) => ['tags', value, 'LW1201', /tags: got/] as const),
    ['dealy', '5m', 'LW1201', /enqueue option: got "dealy".*did you mean delay\?/],
    ['prority', 1, 'LW1201', /did you mean priority\?/],
    ['webhook', {}, 'LW1201', /expected one of id, delay, runAt/],
  ]
  test.each(badOptions)('%s: %s', async (option, value, code, says) => {
    const options = option === '' ? value : { [option]: value }
    const before = await jobsIn(app)
    const refusal = { is: InvalidOption, code, says }
    await expectRefused(() => loosely(app).enqueue(good, { n: 1 }, options), refusal)
    await expectRefused(
      () => loosely(app).enqueueMany(good, [{ n: 1 }], options),
      option === 'id' ? { ...refusal, says: /no id/ } : refusal,
    )
    await expectRefused(
      () => loosely(app).run(good, { n: 1 }, options),
      option === '' ? { ...refusal, says: /run options/ } : { ...refusal, says: /got/ },
    )
    expect(await jobsIn(app)).toBe(before)
  })

  test('the process lives on after all of that', async () => {
    expect(await app.run(good, { n: 1 }, { timeout: '20s' })).toBe(2)
  })

  test('delay and runAt exclude each other; a wrong timeout of run() is found before the job is written', async () => {
    const before = await jobsIn(app)
    const both = { delay: '1m', runAt: new Date(Date.now() + 60_000) } as const
    await expectRefused(() => app.enqueue(good, { n: 1 }, both), {
      is: InvalidOption,
      code: 'LW1201',
      says: /either delay or runAt/,
    })
    const timeouts = ['5 parsecs', -1, Number.NaN, null]
    for (const timeout of timeouts)
      await expectRefused(() => loosely(app).run(good, { n: 1 }, { timeout }), {
        is: InvalidOption,
        code: 'LW1201',
        says: /timeout: got/,
      })
    await expectRefused(() => loosely(app).run(good, { n: 1 }, { timeoot: '1s' }), {
      is: InvalidOption,
      code: 'LW1201',
      says: /did you mean timeout/,
    })
    expect(await jobsIn(app)).toBe(before)
  })

  test('enqueueMany takes an array, not too long, and no id', async () => {
    const before = await jobsIn(app)
    const wrong = [undefined, null, { length: 2 }, 'ab', new Set([{ n: 1 }]), 5]
    for (const inputs of wrong)
      await expectRefused(() => loosely(app).enqueueMany(good, inputs), {
        is: InvalidOption,
        code: 'LW1201',
        says: /enqueueMany inputs: got .*expected an array/,
      })
    const tooMany = Array.from({ length: limits.enqueueMany + 1 }, () => ({ n: 1 }))
    await expectRefused(() => app.enqueueMany(good, tooMany), {
      is: InvalidOption,
      code: 'LW1201',
      says: /at most 100000/,
    })
    expect(await app.enqueueMany(good, [])).toEqual([])
    expect(await jobsIn(app)).toBe(before)
  })

  test('an id of another task is refused, and changes nothing', async () => {
    const first = await app.enqueue(good, { n: 1 }, { id: 'shared' })
    await expectRefused(() => app.enqueue(anything, 1, { id: 'shared' }), {
      is: LegworkError,
      code: 'LW1207',
      says: /id shared belongs to a job of task good, not anything/,
    })
    expect(await first.result({ timeout: '20s' })).toBe(2)
    expect((await app.enqueue(good, { n: 5 }, { id: 'shared' })).duplicate).toBe(true)
    expect(await first.result()).toBe(2)
  })

  test('verbs on ids, reasons and queues check them', async () => {
    const loose = loosely(app)
    const calls = [loose.job, loose.why, loose.cancel, loose.retry].map((verb) => verb.bind(app))
    for (const id of [undefined, null, 5, '', 'a\0b', {}])
      for (const call of calls)
        await expectRefused(() => call(id), { is: InvalidOption, code: 'LW1201', says: /id: got/ })
    for (const name of [undefined, null, 5, '', 'a b', 'a\0b', {}, 'x'.repeat(121)]) {
      await expectRefused(() => loose.pause(name, 'why'), {
        is: InvalidOption,
        code: 'LW1201',
        says: /queue: got/,
      })
      await expectRefused(() => loose.resume(name), { is: InvalidOption, code: 'LW1201', says: /queue: got/ })
    }
    for (const reason of [undefined, null, 5, {}, angry])
      await expectRefused(() => loose.pause('default', reason), {
        is: InvalidOption,
        code: 'LW1201',
        says: /reason: got/,
      })
    const job = await app.enqueue(good, { n: 1 }, { delay: '1h' })
    for (const reason of [null, 5, {}])
      await expectRefused(() => loose.cancel(job.id, reason), {
        is: InvalidOption,
        code: 'LW1201',
        says: /reason: got/,
      })
    expect(await app.cancel(job.id, `hostile \0 ${'x'.repeat(5_000_000)} \ud800`)).toBe('done')
    const { reason } = (await job.status()) as { reason: string }
    expect(reason).toMatch(/^hostile \ufffd x+ … \(5000012 characters in all\)$/)
    expect(await app.retry('never-seen')).toBe('gone')
    expect((await app.why('never-seen')).reason).toEqual({ kind: 'not-found' })
    await expectRefused(() => app.job('never-seen').status(), { is: LegworkError, code: 'LW2301' })
    await expectRefused(() => app.job('never-seen').result(), { is: LegworkError, code: 'LW2301' })
  })
})

describe('definitions', () => {
  test.each([undefined, null, 5, '', ' ', 'a b', '-a', 'a\0', 'a\n', '\ud83d\ude00', 'x'.repeat(121), {}])(
    'a task cannot be named %j',
    async (name) => {
      await expectRefused(() => looseTask(name), {
        is: InvalidOption,
        code: 'LW1201',
        says: /task name: got .*letters, digits/,
      })
    },
  )

  const wrong: readonly [options: unknown, says: RegExp][] = [
    [null, /task options: got null/],
    [5, /task options: got 5/],
    [[], /task options/],
    [{ timout: '5s' }, /task option: got "timout".*did you mean timeout\?/],
    [{ schema: {} }, /task option: got "schema"/],
    [{ input: {} }, /task t: input: got .*a Standard Schema/],
    [{ output: 'string' }, /task t: output/],
    [{ queue: 'a b' }, /task t: queue/],
    [{ queue: '' }, /task t: queue/],
    [{ priority: -1 }, /task t: priority: got -1/],
    [{ priority: 'constructor' }, /task t: priority: got "constructor", expected high, normal, low/],
    [{ timeout: -1 }, /task t: timeout/],
    [{ timeout: 0 }, /task t: timeout: got 0.*from 1 ms/],
    [{ timeout: '5 min' }, /task t: timeout/],
    [{ deadline: Number.NaN }, /task t: deadline/],
    [{ ttl: '0.4ms' }, /task t: ttl/],
    [{ version: 0 }, /task t: version/],
    [{ version: 1.5 }, /task t: version/],
    [{ tags: 'urgent' }, /task t: tags: got "urgent", expected an array/],
    [{ tags: ['a b'] }, /task t: tags/],
    [{ retry: 3 }, /task t: retry options: got 3/],
    [{ retry: { tries: 3 } }, /task t: retry option: got "tries"/],
    [{ retry: { attempt: 3 } }, /did you mean attempts\?/],
    ...[0, -1, 1.5, Number.NaN, Infinity, '3', 1_001].map(
      (attempts) =>
        [{ retry: { attempts } }, /task t: retry\.attempts: got .*whole number from 1 to 1000/] as const,
    ),
    [{ retry: { backoff: '5s' } }, /task t: retry\.backoff.*a function, such as exponential\(\)/],
    [{ retry: { when: true } }, /task t: retry\.when/],
    [{ retain: '3d' }, /task t: retain options: got "3d"/],
    [{ retain: { complete: '3d' } }, /did you mean completed\?/],
    [{ retain: { completed: -1 } }, /task t: retain\.completed/],
  ]
  test.each(wrong)('%j', async (options, says) => {
    await expectRefused(() => looseTask('t', options), { is: InvalidOption, code: 'LW1201', says })
  })

  test('backoffs and verdicts check their numbers', async () => {
    const backoff = exponential as unknown as (options: unknown) => unknown
    const refusals: readonly [call: () => unknown, says: RegExp][] = [
      [() => backoff({ min: '1h', max: '1s' }), /backoff\.min: got "1h", expected at most backoff\.max/],
      [() => backoff({ min: -1 }), /backoff\.min/],
      [() => backoff({ factor: 0 }), /backoff\.factor/],
      [() => backoff({ factor: Number.NaN }), /backoff\.factor/],
      [() => backoff({ jitter: 'some' }), /backoff\.jitter/],
      [() => backoff({ jitter: 'constructor' }), /backoff\.jitter/],
      [() => backoff({ maximum: '1s' }), /backoff option: got "maximum"/],
      [() => backoff(null), /backoff options: got null/],
      [() => (linear as unknown as typeof backoff)({ factor: 2 }), /backoff option: got "factor"/],
      [() => (fixed as unknown as typeof backoff)('soon'), /backoff\.min: got "soon"/],
      [() => (custom as unknown as typeof backoff)('5s'), /backoff: got "5s"/],
      [() => new RetryIn(Number.NaN), /RetryIn: got NaN/],
      [() => new RetryIn('5 parsecs' as never), /RetryIn: got "5 parsecs"/],
      [() => new Snooze(-1), /Snooze: got -1/],
    ]
    for (const [call, says] of refusals)
      await expectRefused(call, { is: InvalidOption, code: 'LW1201', says })
  })
})

describe('apps', () => {
  const makeApp = legwork as unknown as (options: unknown) => App
  const wrong: readonly [options: unknown, says: RegExp][] = [
    [null, /app options: got null/],
    [5, /app options: got 5/],
    [{ stroe: 'x.db' }, /app option: got "stroe".*did you mean store\?/],
    [{ path: 'x.db' }, /app option: got "path"/],
    [{ store: 5 }, /store: got 5, expected a path, a URL or a store/],
    [{ store: null }, /store: got null/],
    [{ store: {} }, /store: got \{\}/],
    [{ log: console.log }, /log: got function/],
    [{ log: { warn: () => {} } }, /log: got .*debug, info, warn and error/],
    [{ enqueueTimeout: 0 }, /enqueueTimeout: got 0/],
    [{ enqueueTimeout: '5 parsecs' }, /enqueueTimeout/],
  ]
  test.each(wrong)('legwork(%j)', async (options, says) => {
    await expectRefused(() => makeApp(options), { is: InvalidOption, code: 'LW1201', says })
  })

  const starts: readonly [options: unknown, says: RegExp][] = [
    [null, /start options: got null/],
    [{ concurency: 5 }, /start option: got "concurency".*did you mean concurrency\?/],
    ...[0, -1, 1.5, Number.NaN, Infinity, '5', null, 100_001].map(
      (concurrency) =>
        [{ concurrency: concurrency ?? {} }, /concurrency: got .*whole number from 1/] as const,
    ),
    [{ queues: null }, /queues: got null/],
    [{ queues: 'default' }, /queues: got "default"/],
    [{ queues: { defualt: { concurrency: 5 } } }, /queues: got "defualt".*did you mean default\?/],
    [{ queues: { default: 5 } }, /queues\.default\.concurrency: got undefined/],
    [{ queues: { default: null } }, /queues\.default\.concurrency/],
    [{ queues: { default: { concurrency: -5 } } }, /queues\.default\.concurrency: got -5/],
    [{ queues: { '*': { concurrency: 0 } } }, /concurrency: got 0/],
    [{ lease: 0 }, /beat/],
    [{ lease: '5 parsecs' }, /lease/],
    [{ lease: '3s', beat: '2s' }, /beat: got .*at most a third of the lease/],
    [{ abortGrace: -1 }, /abortGrace/],
    [{ onRegister: 'x' }, /onRegister/],
  ]
  test.each(starts)('start(%j), and a good start() after it', async (options, says) => {
    const app = withHandlers(newApp('memory'))
    await expectRefused(() => loosely(app).start(options), { is: InvalidOption, code: 'LW1201', says })
    await app.start()
    expect(await app.run(good, { n: 1 })).toBe(2)
    await app.stop()
  })

  test('a queue may be named like something of every object', async () => {
    const shadow = task('toString', { queue: 'constructor', tags: ['valueOf'], output: z.string() })
    const app = legwork('memory:').handle(shadow, () => 'ran')
    await app.start({ queues: { '*': { concurrency: 1 } } })
    expect(await app.run(shadow, undefined, { timeout: '20s' })).toBe('ran')
    await app.stop()
  })

  test.each(engines)('the life of an app has one order (%s)', async (engine) => {
    const app = withHandlers(newApp(engine))
    const twice = () => app.handle(good, () => 1)
    await expectRefused(twice, {
      is: InvalidOption,
      code: 'LW1203',
      says: /handler of good: got "a second handler", expected one handler a task/,
    })
    await expectRefused(() => loosely(app).handle(unserved), {
      is: InvalidOption,
      code: 'LW1201',
      says: /handler of unserved: got undefined/,
    })
    await expectRefused(() => newApp(engine).start(), {
      is: WrongMoment,
      code: 'LW1206',
      says: /Call app\.handle\(task, handler\) first/,
    })
    const [first, second] = await Promise.allSettled([app.start(), app.start()])
    expect(first.status).toBe('fulfilled')
    expect(second).toMatchObject({ status: 'rejected', reason: { code: 'LW1204' } })
    await expectRefused(() => app.start(), {
      is: WrongMoment,
      code: 'LW1204',
      says: /start\(\) was called twice/,
    })
    await expectRefused(() => app.handle(unserved, () => 1), {
      is: WrongMoment,
      code: 'LW1204',
      says: /handle\(unserved\) came after start/,
    })
    for (const options of [null, { grace: -1 }, { grace: '5 parsecs' }, { gracee: 1 }, { hurry: true }])
      await expectRefused(() => loosely(app).stop(options), { is: InvalidOption, code: 'LW1201' })
    expect(await app.run(good, { n: 1 }, { timeout: '20s' })).toBe(2)
    await app.stop()
  })

  test.each(engines)(
    'after stop() every verb says so, and stop() may be called again (%s)',
    async (engine) => {
      const app = withHandlers(newApp(engine))
      await app.start()
      const job = await app.enqueue(good, { n: 1 })
      await job.result({ timeout: '20s' })
      await Promise.all([app.stop(), app.stop({ grace: 0 })])
      await app.stop()
      const verbs: readonly (() => unknown)[] = [
        () => app.start(),
        () => app.handle(unserved, () => 1),
        () => app.enqueue(good, { n: 1 }),
        () => app.enqueueMany(good, [{ n: 1 }]),
        () => app.run(good, { n: 1 }),
        () => app.in({}).enqueue(good, { n: 1 }),
        () => app.in({}).enqueueMany(good, [{ n: 1 }]),
        () => app.why(job.id),
        () => app.cancel(job.id),
        () => app.retry(job.id),
        () => app.pause('default', 'x'),
        () => app.resume('default'),
        () => app.durability(),
        () => app.store(),
        () => app.job(job.id).status(),
        () => app.job(job.id).result(),
        () => job.status(),
        () => job.result({ timeout: '20s' }),
        () => job.cancel('x'),
        async () => {
          for await (const event of job.events()) void event
        },
      ]
      for (const verb of verbs)
        await expectRefused(verb, { is: LegworkError, code: 'LW1006', says: /stop|closed/ })
    },
  )

  test.each(engines)(
    'stop() before start(), and in the middle of it, ends everything (%s)',
    async (engine) => {
      const early = withHandlers(newApp(engine))
      await early.stop()
      await expectRefused(() => early.start(), {
        is: LegworkError,
        code: 'LW1006',
        says: /start\(\) came after stop/,
      })
      const hasty = withHandlers(newApp(engine))
      const starting = hasty.start()
      await hasty.stop()
      await starting
      await expectRefused(() => hasty.run(good, { n: 1 }), { is: LegworkError, code: 'LW1006' })
    },
  )

  test.each(engines)('a result that is awaited when the app stops is told so (%s)', async (engine) => {
    const app = newApp(engine)
    const job = await app.enqueue(good, { n: 1 })
    const waiting = errorOf(() => job.result())
    await app.stop()
    expect(await waiting).toMatchObject({ code: 'LW1006' })
  })

  test('a store that knows no transactions refuses in()', async () => {
    const app = newApp('memory')
    await expectRefused(() => app.in({}).enqueue(good, { n: 1 }), { is: StoreError, code: 'LW1014' })
    expect(await jobsIn(app)).toBe(0)
    await app.stop()
    const onFile = newApp('sqlite')
    for (const tx of [undefined, null, 5, {}, angry])
      await expectRefused(() => onFile.in(tx).enqueue(good, { n: 1 }), {
        is: StoreError,
        code: 'LW1014',
        says: /in a transaction/,
      })
    expect(await jobsIn(onFile)).toBe(0)
    await onFile.stop()
  })

  test('a logger that throws hurts nobody', async () => {
    const cry = () => {
      throw new Error('the disk of the logger is full')
    }
    const stray = task('stray')
    const app = legwork({ store: 'memory:', log: { debug: cry, info: cry, warn: cry, error: cry } }).handle(
      good,
      ({ input }) => input.n + 1,
    )
    await app.start()
    const lost = await app.enqueue(stray)
    for await (const event of lost.events()) if (event.type === 'ended') break
    expect(await app.run(good, { n: 1 }, { timeout: '20s' })).toBe(2)
    await app.stop()
  })
})
