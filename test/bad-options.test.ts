// Options, definitions, apps and moments that are wrong: each gets its coded error, and changes nothing.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import {
  custom,
  exponential,
  fixed,
  InvalidOption,
  LegworkError,
  legwork,
  limits,
  linear,
  RetryIn,
  Snooze,
  StoreError,
  task,
  WrongMoment,
} from 'legwork'
import type { App } from 'legwork'
import { openDatabase, sqlite } from 'legwork/sqlite'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
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
  unserved,
  useFolder,
  withHandlers,
} from './refusal-kit.ts'

useFolder()

const angry = new Proxy(
  {},
  {
    ownKeys() {
      throw new TypeError('go away')
    },
  },
)

describe.each(engines)('options on %s', (engine) => {
  let app: App
  beforeAll(async () => {
    app = withHandlers(newApp(engine))
    await app.start()
  })
  afterAll(() => app.stop())

  const past = new Date(Date.now() - 60_000)
  const badOptions: readonly (readonly [option: string, value: unknown, code: string, says: RegExp])[] = [
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
    for (const reason of [null, 5, {}, angry])
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
    const waits = job as unknown as {
      result(options: unknown): unknown
      events(options: unknown): AsyncIterable<unknown>
    }
    for (const options of [
      null,
      5,
      { timeout: '5 parsecs' },
      { timeout: -1 },
      { timeoot: 1 },
      { signal: 'x' },
    ])
      await expectRefused(() => waits.result(options), {
        is: InvalidOption,
        code: 'LW1201',
        says: /option|timeout|signal/,
      })
    for (const options of [null, { signal: 5 }, { timeout: 1 }])
      await expectRefused(
        async () => {
          for await (const event of waits.events(options)) void event
        },
        { is: InvalidOption, code: 'LW1201', says: /option|signal/ },
      )
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

  const wrong: readonly (readonly [options: unknown, says: RegExp])[] = [
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
    [{ retry: { when: 5 } }, /task t: retry\.when: got 5, expected a function\.$/],
    [{ retry: { when: 0 } }, /task t: retry\.when: got 0, expected a function\.$/],
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
  const wrong: readonly (readonly [options: unknown, says: RegExp])[] = [
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

  const starts: readonly (readonly [options: unknown, says: RegExp])[] = [
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
      says: /handle: got "good", expected a task without a handler.*Remove one/,
    })
    // Another task of the same name is no way around it.
    await expectRefused(() => app.handle(task('good'), () => 1), { is: InvalidOption, code: 'LW1203' })
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

  test('a new store is not set up inside the caller’s transaction, and says so at once', async () => {
    const path = join(mkdtempSync(join(tmpdir(), 'legwork-new-')), 'shop.db')
    onTestFinished(() => rmSync(dirname(path), { recursive: true, force: true }))
    const db = await openDatabase(path)
    onTestFinished(() => db.close())
    // One that waited for the lock would take longer than this test may.
    const app = legwork({ store: sqlite({ path, busyTimeoutMs: 3_600_000 }) })
    onTestFinished(() => app.stop())
    for (const begin of ['begin', 'begin immediate']) {
      db.exec(begin)
      await expectRefused(() => app.in(db).enqueue(good, { n: 1 }), {
        is: StoreError,
        code: 'LW1014',
        says: /is new and cannot be set up inside your transaction.*await app\.durability\(\)/,
      })
      db.exec('rollback')
    }
    await app.durability()
    db.exec('begin immediate')
    const job = await app.in(db).enqueue(good, { n: 1 })
    db.exec('commit')
    expect((await job.status()).state).toBe('ready')
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
        says: /app\.in\(tx\)/,
      })
    expect(await jobsIn(onFile)).toBe(0)
    await onFile.stop()
  })

  test('a logger that throws hurts nobody', async () => {
    const cry = () => {
      throw new Error('the disk of the logger is full')
    }
    const deaf = task('deaf', { timeout: '10ms', retry: { attempts: 1 } })
    const app = legwork({ store: 'memory:', log: { debug: cry, info: cry, warn: cry, error: cry } })
      .handle(good, ({ input }) => input.n + 1)
      .handle(deaf, () => new Promise(() => {}))
    await app.start({ abortGrace: '10ms' })
    // A handler that ignores its signal is reported.
    await expect(app.run(deaf, undefined, { timeout: '20s' })).rejects.toMatchObject({ code: 'LW2201' })
    expect(await app.run(good, { n: 1 }, { timeout: '20s' })).toBe(2)
    await app.stop()
  })
})
