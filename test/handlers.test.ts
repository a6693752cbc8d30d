// Handlers that throw, return and say whatever they like: it is recorded, and the worker goes on.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { custom, Dead, fixed, legwork, limits, RetryIn, Snooze, task, unchecked } from 'legwork'
import type { App } from 'legwork'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { expectNoneStuck, silent, stage } from './stage-kit.ts'

let folder: string
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'legwork-handlers-'))))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

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
for (const key of ['stack', 'name', 'message', 'cause', 'code', 'errors'])
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
      expect(millis.at(-1), 'milliseconds').toBeLessThan(15_000)
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
  ['a BigInt', () => ({ n: 1n }), 'LW1103', /the result of job \w+ \(task returner\): n: got 1n/],
  ['a cyclic object', () => cyclic, 'LW1103', /: self: got a reference back/],
  ['a class instance', () => ({ when: new Date() }), 'LW1103', /: when: got an instance of Date/],
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

describe('what a handler asks for', () => {
  const nonsense: readonly (() => unknown)[] = [
    () => Number.NaN,
    () => -1,
    () => Infinity,
    () => 'soon',
    () => null,
    () => undefined,
    () => ({}),
    () => Promise.reject(new Error('async')),
    () => 1e300,
  ]
  const waits: readonly [what: string, backoff: never][] = nonsense.flatMap((answer, i) => [
    [`custom(${i})`, custom(answer as never) as never] as const,
    [`a bare function (${i})`, answer as never] as const,
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

  test('nonsense in progress() costs a warning and no attempt; nonsense in a log line is written down', async () => {
    const odd: readonly unknown[] = [
      null,
      undefined,
      '50%',
      1n,
      {},
      [],
      { percent: '50' },
      { data: 1n },
      { data: cyclic },
      { data: 'x'.repeat(limits.progressBytes) },
      hostile,
      revoked,
      Symbol('s'),
    ]
    const { t, one } = stage('talk', ({ progress, log }) => {
      for (const value of odd) progress(value as never)
      progress({ percent: 50, note: `half\0way ${'x'.repeat(100_000)}`, data: { done: 1 } })
      for (const value of [...odd, Object.create(null), () => 1]) log.info(value as never, value)
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
    const [stored] = await (await t.store()).get([job.id], { logs: true })
    expect(stored?.logs).toHaveLength(odd.length + odd.length + 2 + 2)
    for (const { level, message } of stored?.logs?.slice(0, odd.length) ?? []) {
      expect(level).toBe('warn')
      expect(message).toMatch(/^progress\(\) could not be kept as it was said: \S/)
    }
    for (const { message, data } of stored?.logs ?? []) {
      expect(Buffer.byteLength(message)).toBeLessThanOrEqual(limits.logLineBytes)
      expect(() => JSON.parse(data ?? 'null') as unknown).not.toThrow()
    }
  })

  test('a percentage outside 0 to 100 counts as the nearer end, and NaN as none', async () => {
    const said = [Infinity, -1, 101, -Infinity, { percent: Number.NaN, note: 'of none' }, Number.NaN]
    const kept: unknown[] = []
    const { t, one } = stage('rough', async ({ progress, input }) => {
      progress(said[Number(input)] as never)
      return 'ok'
    })
    await using _ = t
    for (const i of said.keys()) {
      const job = await t.enqueue(one, String(i))
      await t.drain()
      const { state, progress } = await job.status()
      expect(state).toBe('completed')
      if (progress) delete (progress as { at?: number }).at
      kept.push(progress)
      const [stored] = await (await t.store()).get([job.id], { logs: true })
      expect(stored?.logs ?? []).toEqual([])
    }
    expect(kept).toEqual([
      { percent: 100 },
      { percent: 0 },
      { percent: 100 },
      { percent: 0 },
      { note: 'of none' },
      undefined,
    ])
  })

  test.each(engines)('10 MB of log lines keep the newest 256 kB, and hold nobody up (%s)', async (engine) => {
    const flood = task('flood', { output: z.string() })
    const app = legwork({ store: storeOf(engine, 'flood'), log: silent }).handle(flood, ({ log }) => {
      for (let i = 0; i < 100_000; i++) log.info(`${String(i).padStart(6, '0')} ${'x'.repeat(93)}`)
      return 'ok'
    })
    await app.start()
    const job = await app.enqueue(flood)
    expect(await job.result({ timeout: '20s' })).toBe('ok')
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
