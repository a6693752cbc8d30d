// Handlers that throw, return, hang and say whatever they like: every job ends in the state that it should, none is
// stuck, and the worker goes on. Timing in virtual time; rejections that could end a process in a process of their own.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import {
  Cancelled,
  custom,
  Dead,
  fixed,
  InvalidOption,
  isFinal,
  legwork,
  limits,
  RetryIn,
  Snooze,
  task,
  TimedOut,
  unchecked,
} from 'legwork'
import type { App, Context } from 'legwork'
import { testApp, type TestApp } from 'legwork/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'

let folder: string
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'legwork-handlers-'))))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }
const engines = ['memory:', 'sqlite'] as const
const storeOf = (engine: (typeof engines)[number], name: string) =>
  engine === 'memory:' ? engine : join(folder, `${name}.db`)
const megabytes = (n: number, text = 'x') => text.repeat(n * 1_000_000)

const withCauseCycle = new Error('outer', { cause: new Error('inner') })
Object.assign(withCauseCycle.cause as Error, { cause: withCauseCycle })
const cyclic: Record<string, unknown> = {}
cyclic['self'] = cyclic
const { proxy: revoked, revoke } = Proxy.revocable(new Error('x'), {})
revoke()
const hostile = new Proxy(new Error('x'), {
  get: () => {
    throw new Error('get')
  },
  getPrototypeOf: () => {
    throw new Error('prototype')
  },
})
const unreadable = new Error('x')
for (const key of ['name', 'message', 'stack', 'cause', 'code', 'errors'])
  Object.defineProperty(unreadable, key, {
    get: () => {
      throw new Error(key)
    },
  })
const bomb = () => {
  let value: unknown = 'x'
  for (let i = 0; i < 30; i++) value = [value, value]
  return value
}
const withStack = (stack: string) => Object.assign(new Error('long'), { stack })
class OddRetry extends RetryIn {
  override readonly delayMs = Number.NaN
}

const throws: readonly [what: string, thrown: () => unknown, name: RegExp, message: RegExp][] = [
  ['a string', () => 'just text', /^Thrown string$/, /^just text$/],
  ['undefined', () => undefined, /^Thrown undefined$/, /^undefined$/],
  ['null', () => null, /^Thrown null$/, /^null$/],
  ['a number', () => 42, /^Thrown number$/, /^42$/],
  ['a symbol', () => Symbol('s'), /^Thrown symbol$/, /^Symbol\(s\)$/],
  ['a BigInt', () => 10n, /^Thrown bigint$/, /^10$/],
  ['a function', () => () => 1, /.*/, /=>/],
  ['a cyclic object', () => cyclic, /^Thrown object$/, /^an unreadable object$/],
  ['a frozen object', () => Object.freeze({ message: 'cold', code: 'E_COLD' }), /^Thrown object$/, /^cold$/],
  ['an object without a prototype', () => Object.create(null) as unknown, /^Thrown object$/, /^\{\}$/],
  ['an endless object', bomb, /^Thrown object$/, /^an unreadable object$/],
  ['a promise', () => Promise.resolve(1), /^Thrown object$/, /^\{\}$/],
  ['an Error whose getters throw', () => unreadable, /^Error$/, /.*/],
  ['a proxy that throws', () => hostile, /^Thrown object$/, /^an unreadable object$/],
  ['a revoked proxy', () => revoked, /^Thrown object$/, /^an unreadable object$/],
  ['an Error with NUL and half a pair', () => new Error('a\0b\ud800c'), /^Error$/, /^a\ufffdb\ufffdc$/],
  [
    'an Error with a hostile name',
    () => Object.assign(new Error('x'), { name: 'a\0', code: '\0'.repeat(1_000) }),
    /^a\ufffd$/,
    /^x$/,
  ],
  [
    'an Error with fields of wrong types',
    () => Object.assign(new Error('x'), { name: 5, message: {}, stack: 7n, cause: null }),
    /^5$/,
    /.*/,
  ],
  ['50 MB of message', () => new Error(megabytes(50)), /^Error$/, /^x+ … \(50000000 characters in all\)$/],
  ['50 MB of NUL', () => new Error(megabytes(50, '\0')), /^Error$/, /^\ufffd+ … \(/],
  ['50 MB of stack', () => withStack(`Error: long\n    at ${megabytes(50)}`), /^Error$/, /^long$/],
  ['50 MB of line breaks for a stack', () => withStack(megabytes(50, '\n')), /^Error$/, /^long$/],
  ['50 MB of spaces for a stack', () => withStack(`\n${megabytes(50, ' ')}`), /^Error$/, /^long$/],
  ['50 MB of text', () => megabytes(50, 'é'), /^Thrown string$/, /^é+ … \(/],
  [
    'an AggregateError',
    () => new AggregateError([new Error('one'), new Error('two')], 'both failed'),
    /^AggregateError$/,
    /^both failed$/,
  ],
  ['causes in a circle', () => withCauseCycle, /^Error$/, /^outer$/],
  ['a RetryIn that lies', () => new OddRetry('1s'), /^RetryIn$/, /.*/],
]
const thrower = task('thrower', { input: unchecked<number>(), retry: { attempts: 1 } })

describe.each(engines)('what a handler throws, on %s', (engine) => {
  let app: App
  const millis: number[] = []
  beforeAll(async () => {
    app = legwork({ store: storeOf(engine, 'throws'), log: silent }).handle(thrower, ({ input }) => {
      if (input < 0) return 'well'
      throw throws[input]?.[1]()
    })
    await app.start()
  })
  afterAll(() => app.stop())

  for (const [i, [what, , name, message]] of throws.entries())
    test(`${what}: recorded, and the worker goes on`, async () => {
      const startedAt = performance.now()
      const job = await app.enqueue(thrower, i)
      await expect(job.result({ timeout: '20s' })).rejects.toMatchObject({ code: 'LW2201' })
      millis.push(performance.now() - startedAt)
      expect(millis.at(-1), 'milliseconds').toBeLessThan(2_000)
      const status = await job.status()
      expect(status).toMatchObject({ state: 'dead', reason: 'exhausted', failures: 1, attempt: 1 })
      expect(status.error?.name).toMatch(name)
      expect(status.error?.message).toMatch(message)
      expect(Buffer.byteLength(status.error?.message ?? '')).toBeLessThanOrEqual(limits.errorMessageBytes)
      expect(Buffer.byteLength(status.error?.stack ?? '')).toBeLessThanOrEqual(limits.errorStackBytes)
      expect(status.error?.fingerprint).toMatch(/^[0-9a-f]{16}$/)
      expect(await app.run(thrower, -1, { timeout: '20s' })).toBe('well')
    })

  test('the causes, and the parts of an AggregateError, are in the stack', async () => {
    const stackOf = async (what: string) => {
      const job = await app.enqueue(
        thrower,
        throws.findIndex(([name]) => name === what),
      )
      await job.result({ timeout: '20s' }).catch(() => {})
      return (await job.status()).error?.stack ?? ''
    }
    expect(await stackOf('causes in a circle')).toMatch(/Error: outer[\s\S]*caused by: Error: inner/)
    expect(await stackOf('an AggregateError')).toMatch(
      /both failed[\s\S]*caused by: Error: one[\s\S]*caused by: Error: two/,
    )
  })
})

const returns: readonly [what: string, value: () => unknown, code: string, says: RegExp][] = [
  ['a BigInt', () => ({ n: 1n }), 'LW1103', /the result of job \w+ \(task returner\)\.n: got 1n/],
  ['a cyclic object', () => cyclic, 'LW1103', /\.self: got a reference back/],
  ['a class instance', () => ({ when: new Date() }), 'LW1103', /\.when: got an instance of Date/],
  ['a function', () => () => 1, 'LW1103', /got function/],
  ['NaN', () => Number.NaN, 'LW1103', /got NaN/],
  ['NUL', () => 'a\0', 'LW1105', /holds a NUL/],
  ['__proto__', () => JSON.parse('{"__proto__":1}') as unknown, 'LW1106', /own key "__proto__"/],
  ['2 MB', () => megabytes(2), 'LW1104', /the limit is 1048576/],
  ['a revoked proxy', () => ({ error: revoked }), 'LW1103', /cannot be read/],
  [
    'what its schema refuses',
    () => 5,
    'LW1107',
    /does not fit its schema: the value itself: .*expected string/,
  ],
]
const returner = task('returner', { input: unchecked<number>() })
const strict = task('strict', { output: z.string() })

describe.each(engines)('what a handler returns, on %s', (engine) => {
  let app: App
  beforeAll(async () => {
    app = legwork({ store: storeOf(engine, 'returns'), log: silent })
      .handle(returner, ({ input }) => (input < 0 ? undefined : returns[input]?.[1]()))
      .handle(strict, () => 5 as never)
    await app.start()
  })
  afterAll(() => app.stop())

  for (const [i, [what, , code, says]] of returns.entries())
    test(`${what}: dead at once, for a retry would give the same`, async () => {
      const job = code === 'LW1107' ? await app.enqueue(strict) : await app.enqueue(returner, i)
      await expect(job.result({ timeout: '20s' })).rejects.toMatchObject({ code: 'LW2201' })
      expect(await job.status()).toMatchObject({
        state: 'dead',
        reason: 'discarded',
        attempt: 1,
        error: { code },
      })
      expect((await job.status()).error?.message).toMatch(says)
      expect(await app.run(returner, -1, { timeout: '20s' })).toBeUndefined()
    })
})

/** An app in virtual time with one handler for one task. */
function stage(
  name: string,
  run: (context: Context<string>, t: TestApp) => unknown,
  options: Parameters<typeof task>[1] & Parameters<typeof testApp>[1] = {},
) {
  const { concurrency, abortGrace, ...taskOptions } = options
  const one = task(name, { retry: { attempts: 1 }, ...taskOptions, input: unchecked<string>() })
  const app = legwork('memory:').handle(one, (context) => run(context as Context<string>, t))
  const t = testApp(app, {
    ...(concurrency && { concurrency }),
    ...(abortGrace !== undefined && { abortGrace }),
  })
  return { t, one }
}
const never = () => new Promise<never>(() => {})
const untilAborted = (signal: AbortSignal) =>
  new Promise<void>((resolve) =>
    signal.aborted ? resolve() : signal.addEventListener('abort', () => resolve()),
  )
async function untilState(job: { status(): Promise<{ state: string }> }, state: string): Promise<void> {
  while ((await job.status()).state !== state) await turn()
}
async function expectNoneStuck(t: TestApp): Promise<void> {
  expect((await t.jobs()).filter(({ state }) => !isFinal(state))).toEqual([])
}

describe('handlers that do not end', () => {
  test('a handler that ignores its timeout is given up after the grace, and its slot replaced up to a quarter', async () => {
    let running = 0
    let most = 0
    const { t, one } = stage(
      'hang',
      async ({ input }) => {
        if (input === 'hang') return never()
        most = Math.max(most, (running += 1))
        for (let i = 0; i < 20; i++) await turn()
        running -= 1
        return input
      },
      { concurrency: 8, timeout: '30s' },
    )
    await using _ = t
    const hung = await t.enqueueMany(
      one,
      Array.from({ length: 8 }, () => 'hang'),
    )
    await t.clock.advance('32s')
    expect(await hung[0]?.status()).toMatchObject({ state: 'running' })
    await t.clock.advance('1s')
    for (const job of hung)
      expect(await job.status()).toMatchObject({
        state: 'dead',
        reason: 'exhausted',
        failures: 1,
        error: { name: 'TimedOut', code: 'LW2004' },
      })
    expect(
      t.logged.filter(
        ({ level, message }) =>
          level === 'error' && /its handler ignored its signal and still runs/.test(message),
      ),
    ).toHaveLength(8)
    const quick = await t.enqueueMany(
      one,
      Array.from({ length: 6 }, (_, i) => `${i}`),
    )
    await t.drain()
    expect(await Promise.all(quick.map((job) => job.result()))).toEqual(['0', '1', '2', '3', '4', '5'])
    expect(most).toBe(2)
    await expectNoneStuck(t)
  })

  test('what a given-up handler does later is nobody’s result, and gives its slot back', async () => {
    let release = () => {}
    const { t, one } = stage(
      'late',
      ({ input, log, progress }) => {
        if (input === 'quick') return 'quick'
        return new Promise((resolve) => {
          release = () => {
            log.info('too late')
            progress(99)
            resolve('late')
          }
        })
      },
      { concurrency: 1, timeout: '10s' },
    )
    await using _ = t
    const late = await t.enqueue(one, 'slow')
    await t.clock.advance('15s')
    expect(await late.status()).toMatchObject({ state: 'dead', error: { code: 'LW2004' } })
    release()
    const quick = await t.enqueue(one, 'quick')
    await t.drain()
    expect(await quick.status()).toMatchObject({ state: 'completed', output: 'quick' })
    const status = await late.status()
    expect(status).toMatchObject({ state: 'dead' })
    expect(status.progress).toBeUndefined()
  })

  test('a timeout counts as a failure and is retried; a handler that ends well in the grace is completed', async () => {
    const reasons: unknown[] = []
    const { t, one } = stage(
      'slow',
      async ({ signal, attempt }) => {
        await untilAborted(signal)
        reasons.push(signal.reason)
        if (attempt < 3) throw new Error('whatever')
        return 'just in time'
      },
      { timeout: '5s', retry: { attempts: 3, backoff: fixed('1m') } },
    )
    await using _ = t
    const job = await t.enqueue(one, 'x')
    await t.clock.advance('1h')
    expect(await job.status()).toMatchObject({
      state: 'completed',
      output: 'just in time',
      attempt: 3,
      failures: 2,
    })
    expect(reasons).toEqual([expect.any(TimedOut), expect.any(TimedOut), expect.any(TimedOut)])
  })

  test('a deadline that passes in a run ends the job at once, whatever attempts are left', async () => {
    const { t, one } = stage(
      'due',
      async ({ signal }) => {
        await untilAborted(signal)
        throw signal.reason
      },
      { deadline: '10m', retry: { attempts: 5, backoff: fixed('1m') } },
    )
    await using _ = t
    const job = await t.enqueue(one, 'x')
    await t.clock.advance('11m')
    expect(await job.status()).toMatchObject({
      state: 'dead',
      reason: 'expired',
      attempt: 1,
      error: { name: 'TimedOut', code: 'LW2004' },
    })
  })

  test('a deadline that passes while the job waits, in every form of waiting', async () => {
    const { t, one } = stage(
      'wait',
      ({ input }) => {
        if (input === 'snooze') throw new Snooze('2h')
        if (input === 'retry') throw new RetryIn('2h')
        if (input === 'policy') throw new Error('no')
        return 'ran'
      },
      { deadline: '1h', retry: { attempts: 5, backoff: fixed('90m') } },
    )
    await using _ = t
    const jobs = await Promise.all([
      t.enqueue(one, 'late', { delay: '2h' }),
      t.enqueue(one, 'snooze'),
      t.enqueue(one, 'retry'),
      t.enqueue(one, 'policy'),
    ])
    await t.drain()
    // A retry that would come too late is not waited for.
    expect(await jobs[2].status()).toMatchObject({ state: 'dead', reason: 'expired' })
    expect(await jobs[3].status()).toMatchObject({ state: 'dead', reason: 'expired' })
    await t.clock.advance('3h')
    for (const job of jobs) expect(await job.status()).toMatchObject({ state: 'dead', reason: 'expired' })
    expect((await jobs[0].status()).attempt).toBe(0)
    await expectNoneStuck(t)
  })

  test('a ttl ends a job that never started, and leaves one that did alone', async () => {
    const { t, one } = stage(
      'ttl',
      ({ attempt }) => {
        if (attempt === 1) throw new Error('not yet')
        return 'ran'
      },
      { ttl: '1h', retry: { attempts: 2, backoff: fixed('2h') } },
    )
    await using _ = t
    const late = await t.enqueue(one, 'late', { delay: '2h' })
    const early = await t.enqueue(one, 'early')
    await t.pause('default', 'a while')
    const paused = await t.enqueue(one, 'paused')
    await t.resume('default')
    await t.drain()
    await t.clock.advance('4h')
    expect(await late.status()).toMatchObject({ state: 'dead', reason: 'expired', attempt: 0 })
    expect(await early.status()).toMatchObject({ state: 'completed', attempt: 2 })
    expect(await paused.status()).toMatchObject({ state: 'completed' })
  })
})

describe('cancelling', () => {
  test('a job that waits is cancelled at once: ready, scheduled, waiting for its retry', async () => {
    const ran: string[] = []
    const { t, one } = stage(
      'waiting',
      ({ input }) => {
        ran.push(input)
        throw new Error('no')
      },
      { retry: { attempts: 5, backoff: fixed('1h') } },
    )
    await using _ = t
    await t.pause('default', 'hold')
    const ready = await t.enqueue(one, 'ready')
    const scheduled = await t.enqueue(one, 'scheduled', { delay: '1h' })
    expect(await ready.cancel('no longer wanted')).toBe('done')
    await t.resume('default')
    const retried = await t.enqueue(one, 'retried')
    await t.drain()
    expect(await scheduled.cancel()).toBe('done')
    expect(await retried.cancel()).toBe('done')
    await t.clock.advance('1d')
    expect(ran).toEqual(['retried'])
    expect(await ready.status()).toMatchObject({ state: 'cancelled', reason: 'no longer wanted', attempt: 0 })
    await expect(ready.result()).rejects.toMatchObject({ code: 'LW2202' })
    expect(await retried.cancel()).toBe('refused')
    expect(await t.cancel('never-seen')).toBe('gone')
    await expectNoneStuck(t)
  })

  test('a running job is asked: what it returns counts, what it throws does not, and it cannot stay for ever', async () => {
    const reasons: unknown[] = []
    const { t, one } = stage(
      'running',
      async ({ input, signal }) => {
        await untilAborted(signal)
        reasons.push(signal.reason)
        if (input === 'returns') return 'done anyway'
        if (input === 'throws') throw new Error('interrupted')
        if (input === 'snoozes') throw new Snooze('1h')
        return never()
      },
      { retry: { attempts: 5 } },
    )
    await using _ = t
    const [returned, thrown, snoozed, hung] = (await t.enqueueMany(one, [
      'returns',
      'throws',
      'snoozes',
      'hangs',
    ])) as [never, never, never, never] as Awaited<ReturnType<typeof t.enqueue<string, unknown>>>[]
    const jobs = [returned, thrown, snoozed, hung].map((job) => job as NonNullable<typeof job>)
    const running = t.drain()
    for (const job of jobs) await untilState(job, 'running')
    for (const job of jobs) expect(await job.cancel('changed my mind')).toBe('asked')
    expect((await t.why(jobs[3]?.id ?? '')).reason).toMatchObject({
      kind: 'cancelling',
      reason: 'changed my mind',
    })
    await t.clock.advance('10s')
    await running
    expect(await jobs[0]?.status()).toMatchObject({ state: 'completed', output: 'done anyway' })
    expect(await jobs[1]?.status()).toMatchObject({
      state: 'cancelled',
      reason: 'changed my mind',
      error: { message: 'interrupted' },
    })
    expect(await jobs[2]?.status()).toMatchObject({ state: 'cancelled', reason: 'changed my mind' })
    expect(await jobs[3]?.status()).toMatchObject({ state: 'cancelled', reason: 'changed my mind' })
    expect(reasons).toEqual(Array.from({ length: 4 }, () => expect.any(Cancelled) as unknown))
    await expectNoneStuck(t)
  })

  test('a job that a worker has claimed ahead and not started is cancelled without running', async () => {
    const ran: string[] = []
    let open = () => {}
    const gate = new Promise<void>((resolve) => void (open = resolve))
    const { t, one } = stage(
      'ahead',
      async ({ input }) => {
        ran.push(input)
        if (input === 'blocker') await gate
      },
      { concurrency: 1 },
    )
    await using _ = t
    // Quick runs teach the worker to claim ahead.
    await t.enqueueMany(
      one,
      Array.from({ length: 20 }, () => 'quick'),
    )
    await t.drain()
    const blocker = await t.enqueue(one, 'blocker')
    const running = t.drain()
    await untilState(blocker, 'running')
    const ahead = await t.enqueue(one, 'ahead')
    await untilState(ahead, 'running')
    expect(await ahead.cancel('not any more')).toBe('asked')
    await untilState(ahead, 'cancelled')
    open()
    await running
    expect(ran.filter((input) => input !== 'quick')).toEqual(['blocker'])
    expect(await ahead.status()).toMatchObject({ state: 'cancelled', reason: 'not any more' })
    await expectNoneStuck(t)
  })
})

describe('what a handler asks for', () => {
  const nonsense = [
    Number.NaN,
    -1,
    Infinity,
    'soon',
    null,
    undefined,
    {},
    Promise.reject(new Error('async')),
    1e300,
  ]
  const waits: readonly [what: string, backoff: never][] = nonsense.flatMap((answer, i) => [
    [`custom(${i})`, custom(() => answer as never) as never] as const,
    [`a bare function (${i})`, (() => answer) as never] as const,
  ])
  const throwing = () => {
    throw new Error('backoff')
  }
  test('a backoff that answers nonsense, or throws, counts as one second', async () => {
    for (const [what, backoff] of [
      ...waits,
      ['custom that throws', custom(throwing) as never],
      ['a bare one that throws', throwing as never],
    ] as const) {
      const { t, one } = stage('odd', throwing, { retry: { attempts: 2, backoff } })
      await using _ = t
      const job = await t.enqueue(one, what)
      await t.drain()
      expect(await job.status(), what).toMatchObject({ state: 'scheduled', failures: 1 })
      await t.clock.advance('999ms')
      expect((await job.status()).attempt, what).toBe(1)
      await t.clock.advance('1ms')
      expect(await job.status(), what).toMatchObject({ state: 'dead', reason: 'exhausted', attempt: 2 })
    }
  })

  test('retry.when that throws or answers nonsense leaves it to the policy; a good answer is followed', async () => {
    const answers: readonly [answer: () => unknown, waitMs: number | 'dead'][] = [
      [throwing, 60_000],
      [() => 'soon', 60_000],
      [() => Number.NaN, 60_000],
      [() => null, 60_000],
      [() => undefined, 60_000],
      [() => Promise.reject(new Error('async')), 60_000],
      [() => true, 60_000],
      [() => '10m', 600_000],
      [() => 0, 0],
      [() => false, 'dead'],
    ]
    for (const [answer, waitMs] of answers) {
      const { t, one } = stage('when', throwing, {
        retry: { attempts: 2, backoff: fixed('1m'), when: answer as () => boolean },
      })
      await using _ = t
      const job = await t.enqueue(one, 'x')
      await t.drain()
      const status = await job.status()
      if (waitMs === 'dead') expect(status).toMatchObject({ state: 'dead', reason: 'discarded', attempt: 1 })
      else if (waitMs === 0) expect(status).toMatchObject({ state: 'dead', reason: 'exhausted', attempt: 2 })
      else {
        expect(status).toMatchObject({ state: 'scheduled', failures: 1 })
        expect(status.availableAt.getTime() - t.clock.now().getTime(), String(answer)).toBe(waitMs)
      }
    }
  })

  test('Dead, RetryIn and Snooze: what they cost', async () => {
    const { t, one } = stage(
      'ask',
      ({ input, attempt }) => {
        if (input === 'free' && attempt <= 20) throw new RetryIn('1m', { countsAsAttempt: false })
        if (input === 'charged') throw new RetryIn('1m')
        if (input === 'snooze' && attempt <= 20) throw new Snooze('1m')
        if (input === 'long') throw new Snooze('1m', megabytes(50, '\0'))
        if (input === 'dead') throw new Dead('no such mailbox', { cause: new Error('550') })
        return 'ok'
      },
      { retry: { attempts: 3 } },
    )
    await using _ = t
    const [free, charged, snooze, long, dead] = await Promise.all(
      ['free', 'charged', 'snooze', 'long', 'dead'].map((input) => t.enqueue(one, input)),
    )
    await t.drain()
    expect(await long?.status()).toMatchObject({ state: 'scheduled', failures: 0 })
    expect(await long?.cancel()).toBe('done')
    await t.clock.advance('1h')
    expect(await free?.status()).toMatchObject({ state: 'completed', attempt: 21, failures: 0 })
    expect(await charged?.status()).toMatchObject({
      state: 'dead',
      reason: 'exhausted',
      attempt: 3,
      failures: 3,
    })
    expect(await snooze?.status()).toMatchObject({ state: 'completed', attempt: 21, failures: 0 })
    expect(await dead?.status()).toMatchObject({
      state: 'dead',
      reason: 'discarded',
      attempt: 1,
      error: { message: 'no such mailbox', stack: expect.stringMatching(/caused by: Error: 550/) as string },
    })
    await expectNoneStuck(t)
  })

  test('nonsense in progress() is refused where it is said; nonsense in a log line is written down', async () => {
    const refused: unknown[] = []
    const odd: readonly unknown[] = [
      null,
      undefined,
      Number.NaN,
      -1,
      101,
      Infinity,
      '50%',
      1n,
      {},
      [],
      { percent: '50' },
      { percent: Number.NaN },
      { data: 1n },
      { data: cyclic },
      { data: 'x'.repeat(limits.progressBytes) },
    ]
    const { t, one } = stage('talk', ({ progress, log }) => {
      for (const value of odd) {
        try {
          progress(value as never)
          refused.push(undefined)
        } catch (error) {
          refused.push((error as InvalidOption).code)
        }
      }
      progress({ percent: 50, note: `half\0way ${'x'.repeat(100_000)}`, data: { done: 1 } })
      for (const value of [...odd, Symbol('s'), Object.create(null), hostile, revoked, () => 1])
        log.info(value as never, value)
      log.error('an error', new Error('inside'))
      log.warn(megabytes(50), megabytes(5))
      return 'ok'
    })
    await using _ = t
    const job = await t.enqueue(one, 'x')
    await t.drain()
    expect(await job.status()).toMatchObject({
      state: 'completed',
      output: 'ok',
      progress: { percent: 50, data: { done: 1 } },
    })
    expect(refused).toEqual([...Array.from({ length: 12 }, () => 'LW1201'), 'LW1103', 'LW1103', 'LW1104'])
    const [stored] = await (await t.store()).get([job.id], { logs: true })
    expect(stored?.logs).toHaveLength(odd.length + 5 + 2)
    for (const { message, data } of stored?.logs ?? []) {
      expect(Buffer.byteLength(message)).toBeLessThanOrEqual(limits.logLineBytes)
      expect(() => JSON.parse(data ?? 'null') as unknown).not.toThrow()
    }
  })

  test.each(engines)('10 MB of log lines keep the newest 256 kB, and hold nobody up (%s)', async (engine) => {
    const flood = task('flood', { output: z.string() })
    const app = legwork({ store: storeOf(engine, 'flood'), log: silent }).handle(flood, ({ log }) => {
      for (let i = 0; i < 100_000; i++) log.info(`${String(i).padStart(6, '0')} ${'x'.repeat(93)}`)
      return 'ok'
    })
    await app.start()
    const startedAt = performance.now()
    const job = await app.enqueue(flood)
    expect(await job.result({ timeout: '20s' })).toBe('ok')
    expect(performance.now() - startedAt, 'milliseconds').toBeLessThan(5_000)
    const [stored] = await (await app.store()).get([job.id], { logs: true })
    const lines = stored?.logs ?? []
    const bytes = lines.reduce((sum, { message }) => sum + Buffer.byteLength(message), 0)
    expect(bytes).toBeLessThanOrEqual(limits.logBytesPerAttempt)
    expect(bytes).toBeGreaterThan(100_000)
    expect(lines.at(-1)?.message).toMatch(/^099999 /)
    await app.stop()
  })

  test('a handler may enqueue, also thousands', async () => {
    const { t, one } = stage('parent', async ({ input }, inner) => {
      if (input === 'parent')
        await inner.enqueueMany(
          one,
          Array.from({ length: 2_000 }, () => 'child'),
        )
      return input
    })
    await using _ = t
    await t.enqueue(one, 'parent')
    await t.drain()
    expect((await t.jobs(one)).map(({ state }) => state)).toEqual(
      Array.from({ length: 2_001 }, () => 'completed'),
    )
  })

  test('a handler may stop its app: awaiting it, the job goes back; not awaiting it, the job is completed', async () => {
    const stopper = task('stopper', { input: unchecked<boolean>() })
    const path = storeOf('sqlite', 'stopper')
    const runOnce = async (isAwaited: boolean) => {
      let ended = Promise.resolve()
      const app = legwork({ store: path, log: silent }).handle(stopper, async ({ input }) => {
        ended = app.stop({ grace: '50ms' })
        if (input) await ended
        return 'stopped'
      })
      await app.start({ abortGrace: '50ms' })
      const job = await app.enqueue(stopper, isAwaited)
      await job.result().catch(() => {})
      await ended
      return job.id
    }
    const quick = await runOnce(false)
    const slow = await runOnce(true)
    const after = legwork(path)
    expect(await after.job(quick).status()).toMatchObject({ state: 'completed', output: 'stopped' })
    expect(await after.job(slow).status()).toMatchObject({ state: 'ready', failures: 0, losses: 0 })
    expect(await (await after.store()).workers()).toEqual([])
    await after.stop()
  })
})

describe('rejections that nobody handles', () => {
  /** Runs a program of its own; it holds the app `app` with a handler `work` that gives `leave` a chance. */
  const program = (body: string) =>
    spawnSync(
      process.execPath,
      [
        '--input-type=module',
        '-e',
        `import { legwork, task } from 'legwork'
        const work = task('work')
        ${body}`,
      ],
      { encoding: 'utf8', timeout: 20_000 },
    )

  test('a promise that a handler left behind is logged with its job; the process lives, the job is completed', () => {
    const { status, stdout, stderr } = program(`
      const later = () => new Promise((_, reject) => setTimeout(() => reject(new Error('left behind later')), 50))
      let over
      const isOver = new Promise((resolve) => { over = resolve })
      const app = legwork('memory:').handle(work, () => {
        void Promise.reject(new Error('left behind at once'))
        void (async () => { throw undefined })()
        void later()
        setTimeout(over, 150)
        return 'fine'
      })
      await app.start()
      const job = await app.enqueue(work)
      console.log('result', await job.result(), job.id)
      await isOver
      console.log('state', (await job.status()).state)
      await app.stop()`)
    const id = /result fine (\w+)/.exec(stdout)?.[1] ?? 'no id'
    expect(stdout).toMatch(/state completed/)
    expect(status, stderr).toBe(0)
    const lines = stderr
      .split('\n')
      .filter((line) => line.includes(`job ${id}: a promise that its handler left behind rejected`))
    expect(lines).toHaveLength(3)
    expect(lines.join('\n')).toMatch(/left behind at once[\s\S]*left behind later/)
  })

  test('a handler that throws a rejected promise costs only its job', () => {
    const { status, stdout, stderr } = program(`
      const odd = task('odd', { retry: { attempts: 1 } })
      const app = legwork('memory:').handle(odd, () => { throw Promise.reject(new Error('odd')) })
      await app.start()
      const job = await app.enqueue(odd)
      await job.result().catch(() => {})
      console.log('state', (await job.status()).state)
      await app.stop()`)
    expect(stdout, stderr).toMatch(/state dead/)
    expect(status).toBe(0)
  })

  test('a rejection from elsewhere ends the process, as without Legwork', () => {
    const { status, stdout, stderr } = program(`
      const app = legwork('memory:').handle(work, () => 'fine')
      await app.start()
      console.log(await app.run(work))
      setTimeout(() => console.log('still here'), 500)
      setTimeout(() => void Promise.reject(new Error('not a handler of ours')), 10)`)
    expect(stdout).toBe('fine\n')
    expect(status).toBe(1)
    expect(stderr).toMatch(/not a handler of ours/)
  })

  test('whoever listens for rejections still hears them', () => {
    const { status, stdout } = program(`
      process.on('unhandledRejection', (error) => console.log('heard', error.message))
      const app = legwork('memory:').handle(work, () => 'fine')
      await app.start()
      void Promise.reject(new Error('elsewhere'))
      console.log(await app.run(work))
      await app.stop()`)
    expect(stdout).toMatch(/heard elsewhere/)
    expect(stdout).toMatch(/fine/)
    expect(status).toBe(0)
  })
})
