// Many jobs in one call, each with its own end.
import { setImmediate as turn } from 'node:timers/promises'
import {
  type BatchEnd,
  type BatchItem,
  Cancelled,
  Dead,
  fixed,
  LeaseLost,
  legwork,
  Release,
  Snooze,
  task,
  unchecked,
} from 'legwork'
import { memory } from 'legwork/memory'
import { testApp, virtualClock } from 'legwork/testing'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { never, silent, untilAborted, untilState } from './stage-kit.ts'

const index = task('index', {
  queue: 'index',
  input: unchecked<number>(),
  output: unchecked<unknown>(),
  retry: { attempts: 2, backoff: fixed('1m') },
})
type Item = BatchItem<number, unknown>
type Work = (
  items: readonly Item[],
  batch: { readonly signal: AbortSignal },
) => BatchEnd<unknown> | Promise<BatchEnd<unknown>>

/** A batch of so many jobs in virtual time, with one slot. */
function batchOf(work: Work, options: Parameters<typeof testApp>[1] = {}) {
  const app = legwork({ store: 'memory:', log: silent }).handleBatch(index, { max: 10 }, work)
  return testApp(app, { concurrency: 1, ...options })
}
async function play(count: number, work: Work) {
  await using t = batchOf(work)
  const jobs = await t.enqueueMany(
    index,
    Array.from({ length: count }, (_, i) => i),
  )
  await t.drain()
  return Promise.all(jobs.map((job) => job.status()))
}

describe('how jobs of a batch end', () => {
  test('returning nothing completes all of them', async () => {
    const statuses = await play(3, () => {})
    expect(statuses.map((status) => [status.state, 'output' in status && status.output])).toEqual(
      Array.from({ length: 3 }, () => ['completed', undefined]),
    )
  })

  test('an array ends them by position, an Error in it fails one', async () => {
    const statuses = await play(4, (items) =>
      items.map(({ input }) =>
        input === 1 ? new Error('bad row') : input === 2 ? new Dead('never') : input * 10,
      ),
    )
    expect(statuses).toMatchObject([
      { state: 'completed', output: 0 },
      { state: 'scheduled', failures: 1, error: { message: 'bad row' } },
      { state: 'dead', reason: 'discarded' },
      { state: 'completed', output: 30 },
    ])
  })

  test('a map ends them by id, and what it leaves out is completed', async () => {
    const statuses = await play(3, (items) => {
      const [a, b] = items as readonly [Item, Item]
      return new Map<string, unknown>([
        [b.job.id, new Error('bad row')],
        [a.job.id, 'good'],
      ])
    })
    expect(statuses).toMatchObject([
      { state: 'completed', output: 'good' },
      { state: 'scheduled', failures: 1 },
      { state: 'completed' },
    ])
  })

  test('what Promise.allSettled gives ends each as its promise did', async () => {
    const statuses = await play(3, (items) =>
      Promise.allSettled(
        items.map(async ({ input }) => {
          if (input === 1) throw new Snooze('1h')
          return { status: input }
        }),
      ),
    )
    expect(statuses).toMatchObject([
      { state: 'completed', output: { status: 0 } },
      { state: 'scheduled', failures: 0 },
      { state: 'completed', output: { status: 2 } },
    ])
  })

  test('a word for one job comes first, the second one changes nothing', async () => {
    const said: boolean[] = []
    const statuses = await play(5, (items) => {
      const [a, b, c, d] = items as readonly [Item, Item, Item, Item]
      said.push(a.complete('early'), a.fail(new Error('late')), a.complete('again'))
      said.push(b.fail(new Dead('no')), c.retryIn('5m'), d.retryIn('5m', { countsAsAttempt: false }))
      return items.map(() => 'by the array')
    })
    expect(said).toEqual([true, false, false, true, true, true])
    expect(statuses).toMatchObject([
      { state: 'completed', output: 'early' },
      { state: 'dead', reason: 'discarded' },
      { state: 'scheduled', failures: 1 },
      { state: 'scheduled', failures: 0 },
      { state: 'completed', output: 'by the array' },
    ])
  })

  test('what is thrown fails those that are not decided, each by the policy', async () => {
    const statuses = await play(3, (items) => {
      items[0]?.complete('done')
      throw new Error('the index is down')
    })
    expect(statuses).toMatchObject([
      { state: 'completed', output: 'done' },
      { state: 'scheduled', failures: 1, error: { message: 'the index is down' } },
      { state: 'scheduled', failures: 1 },
    ])
  })

  test('a verdict that is thrown is one for each', async () => {
    for (const status of await play(3, () => Promise.reject(new Release('not now', '1h'))))
      expect(status).toMatchObject({ state: 'scheduled', failures: 0 })
  })

  const unfit: readonly (readonly [what: string, work: Work])[] = [
    ['too short an array', (items) => items.slice(1).map(() => 1)],
    ['too long an array', (items) => [...items, 1]],
    ['a map with a stranger', () => new Map([['nobody', 1]])],
    ['a text', () => 'done' as never],
    ['an object', () => ({ ok: true }) as never],
    ['null', () => null as never],
  ]
  test.each(unfit)('%s fails those that are not decided with LW1244', async (_what, work) => {
    const statuses = await play(3, (items, batch) => {
      items[0]?.complete()
      return work(items, batch)
    })
    expect(statuses).toMatchObject([
      { state: 'completed' },
      { state: 'scheduled', failures: 1, error: { code: 'LW1244' } },
      { state: 'scheduled', failures: 1, error: { code: 'LW1244' } },
    ])
  })

  test('each result is checked by the schema, each input was parsed', async () => {
    const strict = task('strict', {
      queue: 'strict',
      input: z.object({ n: z.number().default(7) }),
      output: z.number(),
      retry: { attempts: 1 },
    })
    const app = legwork({ store: 'memory:', log: silent }).handleBatch(strict, { max: 10 }, (items) =>
      items.map(({ input }) => (input.n === 1 ? ('text' as never) : input.n)),
    )
    await using t = testApp(app)
    const jobs = await t.enqueueMany(strict, [{ n: 1 }, {}, { n: 3 }])
    await t.drain()
    expect(await Promise.all(jobs.map((job) => job.status()))).toMatchObject([
      { state: 'dead', error: { code: 'LW1107' } },
      { state: 'completed', output: 7 },
      { state: 'completed', output: 3 },
    ])
  })

  test('a job whose payload does not fit is dead, and the others go without it', async () => {
    const picky = task('picky', { queue: 'picky', input: z.string() })
    const loose = task('picky', { queue: 'picky', input: unchecked<unknown>() })
    const sizes: number[] = []
    const app = legwork({ store: 'memory:', log: silent }).handleBatch(picky, { max: 3 }, (items) => {
      sizes.push(items.length)
    })
    await using t = testApp(app)
    const jobs = await t.enqueueMany(loose, ['a', 5, 'c'])
    await t.drain()
    expect((await Promise.all(jobs.map((job) => job.status()))).map(({ state }) => state)).toEqual([
      'completed',
      'dead',
      'completed',
    ])
    expect(sizes).toEqual([2])
  })

  test('progress and log belong to each job; middleware runs around each', async () => {
    const around: number[] = []
    const app = legwork({ store: 'memory:', log: silent })
      .use(async (context, next) => {
        around.push(context.input as number)
        await next()
      })
      .handleBatch(index, { max: 10 }, (items) => {
        for (const { input, progress, log } of items) {
          progress(input * 10)
          log.info(`row ${input}`)
        }
      })
    await using t = testApp(app)
    const jobs = await t.enqueueMany(index, [1, 2, 3])
    await t.drain()
    const stored = await (await t.store()).get(
      jobs.map(({ id }) => id),
      { logs: true },
    )
    expect(stored.map((job) => [job?.progress?.percent, job?.logs?.[0]?.message])).toEqual([
      [10, 'row 1'],
      [20, 'row 2'],
      [30, 'row 3'],
    ])
    expect(around.toSorted()).toEqual([1, 2, 3])
  })
})

/** An app on the real clock or a virtual one, that notes the sizes of its batches. */
function sized(max: number, wait: '50ms' | '10s' | 0, { concurrency = 1, clock = virtualClock() } = {}) {
  const sizes: number[] = []
  const store = memory({ clock })
  const app = legwork({ store, clock, log: silent, pace: { pollMs: 3_600_000, tendMs: 60_000 } }).handleBatch(
    index,
    { max, wait },
    (items) => void sizes.push(items.length),
  )
  const stop = async () => {
    const stopping = app.stop()
    await clock.advance(60_000)
    await stopping
  }
  return { app, store, clock, sizes, stop, start: () => app.start({ concurrency, lease: '1h', beat: '20m' }) }
}
const many = (count: number) => Array.from({ length: count }, (_, i) => i)

describe('how a batch gathers', () => {
  test('up to max, without waiting when it is full', async () => {
    const { app, sizes, start, stop } = sized(100, '10s')
    const jobs = await app.enqueueMany(index, many(300))
    await start()
    await Promise.all(jobs.map((job) => job.result({ timeout: '20s' })))
    expect(sizes).toEqual([100, 100, 100])
    await stop()
  })

  test('until the wait is over, counted from the first job', async () => {
    const { app, clock, sizes, start, stop } = sized(100, '10s')
    await start()
    const jobs = [await app.enqueue(index, 1)]
    for (let i = 0; i < 4; i++) {
      await untilState(jobs.at(-1) as (typeof jobs)[0], 'running')
      await clock.advance(2_000)
      jobs.push(await app.enqueue(index, i))
    }
    await untilState(jobs.at(-1) as (typeof jobs)[0], 'running')
    await clock.advance(1_999)
    expect(sizes).toEqual([])
    await clock.advance(1)
    await Promise.all(jobs.map((job) => job.result({ timeout: '20s' })))
    expect(sizes).toEqual([5])
    await stop()
  })

  test('with no wait, what came together', async () => {
    const { app, sizes, start, stop } = sized(100, 0)
    const jobs = await app.enqueueMany(index, many(42))
    await start()
    await Promise.all(jobs.map((job) => job.result({ timeout: '20s' })))
    expect(sizes).toEqual([42])
    await stop()
  })

  test('a batch takes one slot: with two slots there are two at once, and no more is claimed', async () => {
    let now = 0
    let most = 0
    const { promise, open } = gate()
    const clock = virtualClock()
    const store = memory({ clock })
    const app = legwork({ store, clock, log: silent }).handleBatch(index, { max: 10, wait: 0 }, async () => {
      most = Math.max(most, ++now)
      await promise
      now -= 1
    })
    const jobs = await app.enqueueMany(index, many(100))
    await app.start({ concurrency: 2, lease: '1h', beat: '20m' })
    while (now < 2) await turn()
    for (let i = 0; i < 50; i++) await turn()
    expect((await store.counts())[0]?.states).toMatchObject({ running: 20, ready: 80 })
    open()
    await Promise.all(jobs.map((job) => job.result({ timeout: '20s' })))
    expect(most).toBe(2)
    const stopping = app.stop()
    await clock.advance(60_000)
    await stopping
  })

  test('beside another task in its queue it still gathers, and neither holds up the other', async () => {
    const plain = task('plain', { queue: 'index', output: unchecked<string>() })
    const sizes: number[] = []
    const app = legwork({ store: 'memory:', log: silent })
      .handle(plain, () => 'well')
      .handleBatch(index, { max: 20, wait: '50ms' }, (items) => void sizes.push(items.length))
    await app.start({ concurrency: 2 })
    const mixed = await Promise.all(
      many(200).map((i) => (i % 2 ? app.enqueue(plain) : app.enqueue(index, i))),
    )
    await Promise.all(mixed.map((job) => job.result({ timeout: '20s' })))
    expect(sizes.reduce((sum, n) => sum + n, 0)).toBe(100)
    expect(sizes.length).toBeLessThan(50)
    await app.stop()
  })

  test('two batched tasks of one queue gather apart', async () => {
    const other = task('other', { queue: 'index', input: unchecked<number>() })
    const seen: string[][] = []
    const note = (items: readonly { readonly job: { readonly task: string } }[]) =>
      void seen.push(items.map(({ job }) => job.task))
    const app = legwork({ store: 'memory:', log: silent })
      .handleBatch(index, { max: 10, wait: 0 }, note)
      .handleBatch(other, { max: 10, wait: 0 }, note)
    await app.start({ concurrency: 1 })
    const jobs = await Promise.all(many(40).map((i) => app.enqueue(i % 2 ? other : index, i)))
    await Promise.all(jobs.map((job) => job.result({ timeout: '20s' })))
    expect(seen.flat()).toHaveLength(40)
    for (const names of seen) expect(new Set(names).size).toBe(1)
    await app.stop()
  })
})

function gate() {
  let open = () => {}
  const promise = new Promise<void>((resolve) => void (open = resolve))
  return { promise, open: () => open() }
}

describe('a job that is taken out of its batch', () => {
  test('by a cancel hears it alone; the others go on', async () => {
    const heard: unknown[] = []
    const began = gate()
    await using t = batchOf(async (items) => {
      const [a] = items as readonly [Item]
      began.open()
      await untilAborted(a.signal)
      heard.push(a.signal.reason, ...items.slice(1).map(({ signal }) => signal.aborted))
      a.fail(a.signal.reason)
      return items.map(() => 'done')
    })
    const jobs = await t.enqueueMany(index, [0, 1, 2])
    void t.drain().catch(() => {})
    await began.promise
    while ((await jobs[0]?.cancel('enough')) !== 'asked') await turn()
    await t.clock.advance('1h')
    expect(heard).toEqual([expect.any(Cancelled), false, false])
    expect((await Promise.all(jobs.map((job) => job.status()))).map(({ state }) => state)).toEqual([
      'cancelled',
      'completed',
      'completed',
    ])
  })

  test('by a cancel that the handler ignores is given up after its grace; the others go on', async () => {
    const { promise, open } = gate()
    const began = gate()
    await using t = batchOf(async (items) => {
      began.open()
      await promise
      return items.map(() => 'done')
    })
    const jobs = await t.enqueueMany(index, [0, 1, 2])
    void t.drain().catch(() => {})
    await began.promise
    while ((await jobs[0]?.cancel('enough')) !== 'asked') await turn()
    await t.clock.advance('1h')
    expect(await jobs[0]?.status()).toMatchObject({ state: 'cancelled' })
    expect(await jobs[1]?.status()).toMatchObject({ state: 'running' })
    open()
    await t.drain()
    expect(await jobs[1]?.status()).toMatchObject({ state: 'completed', output: 'done' })
    expect(await jobs[0]?.status()).toMatchObject({ state: 'cancelled' })
  })

  test('while it gathers is cancelled at once', async () => {
    const { app, clock, sizes, start, stop } = sized(10, '10s')
    await start()
    const [a, b] = [await app.enqueue(index, 1), await app.enqueue(index, 2)]
    await untilState(b, 'running')
    expect(await a.cancel('enough')).toBe('asked')
    // A ring brings the cancel with the next answer.
    const c = await app.enqueue(index, 3)
    await untilState(a, 'cancelled')
    expect(sizes).toEqual([])
    await clock.advance(10_000)
    await Promise.all([b, c].map((job) => job.result({ timeout: '20s' })))
    expect(sizes).toEqual([2])
    await stop()
  })

  test('by a lost lease: all of them hear it, the batch hears that nobody is left, and all run again', async () => {
    const reasons: unknown[] = []
    const began = gate()
    await using t = batchOf(async (items, { signal }) => {
      if ((items[0]?.attempt ?? 0) > 1) return items.map(() => 'again')
      began.open()
      await untilAborted(signal)
      reasons.push(signal.reason, ...items.map((item) => item.signal.reason as unknown))
      reasons.push(items[0]?.complete('late'))
    })
    const jobs = await t.enqueueMany(index, [0, 1])
    void t.drain().catch(() => {})
    await began.promise
    await t.loseLease()
    await t.clock.advance('1d')
    expect(reasons).toEqual([expect.any(LeaseLost), expect.any(LeaseLost), expect.any(LeaseLost), false])
    for (const job of jobs)
      expect(await job.status()).toMatchObject({
        state: 'completed',
        output: 'again',
        losses: 1,
        failures: 0,
      })
  })

  test('by its timeout fails alone, with the others of its batch', async () => {
    const quick = task('quick', { queue: 'quick', timeout: '5s', retry: { attempts: 1 } })
    const app = legwork({ store: 'memory:', log: silent }).handleBatch(
      quick,
      { max: 10 },
      (_items, { signal }) =>
        untilAborted(signal).then(() => {
          throw signal.reason
        }),
    )
    await using t = testApp(app)
    const job = await t.enqueue(quick)
    await t.clock.advance('1m')
    expect(await job.status()).toMatchObject({ state: 'dead', failures: 1, error: { code: 'LW2004' } })
  })
})

describe('when the worker stops', () => {
  test('a batch that gathers is given back at once, one that works may end', async () => {
    const { promise, open } = gate()
    const began = gate()
    const store = { ...memory(), close: async () => {} }
    const app = legwork({ store, log: silent }).handleBatch(index, { max: 2, wait: '1h' }, async (items) => {
      began.open()
      await promise
      return items.map(() => 'done')
    })
    const jobs = await app.enqueueMany(index, [1, 2, 3])
    await app.start({ concurrency: 2 })
    await began.promise
    // The third one has a seat by then, for all came together.
    const stopping = app.stop()
    while ((await store.get([jobs[2]?.id ?? '']))[0]?.state !== 'ready') await turn()
    open()
    await stopping
    const stored = await store.get(jobs.map(({ id }) => id))
    expect(stored.map((job) => [job?.state, job?.failures])).toEqual([
      ['completed', 0],
      ['completed', 0],
      ['ready', 0],
    ])
  })

  test('a handler that ignores its signal holds its slot and nothing else', async () => {
    const lines: string[] = []
    const store = { ...memory(), close: async () => {} }
    const log = { ...silent, error: (_data: object, message: string) => void lines.push(message) }
    const app = legwork({ store, log }).handleBatch(index, { max: 2, wait: 0 }, never)
    const jobs = await app.enqueueMany(index, [1, 2])
    await app.start({ concurrency: 1, abortGrace: '50ms' })
    for (const job of jobs) await untilState(job, 'running')
    while (!lines.some((line) => line.includes('ignored'))) {
      for (const job of jobs) await job.cancel()
      // The cancel comes with the next answer of the store.
      await app.enqueue(index, 3, { delay: '1h' })
      await turn()
    }
    expect(lines.filter((line) => line.includes('a batch of 2 jobs'))).toHaveLength(1)
    // A leaked slot is replaced, up to a quarter of them and at least one.
    const more = await app.enqueue(index, 4)
    await untilState(more, 'running')
    await app.stop({ grace: 0 })
    expect((await store.get(jobs.map(({ id }) => id))).map((job) => job?.state)).toEqual([
      'cancelled',
      'cancelled',
    ])
  })
})

describe('wrong use', () => {
  const app = legwork('memory:')
  const work = () => {}
  test.each([
    ['options left out', () => app.handleBatch(index, work as never, undefined as never), 'LW1201'],
    ['no handler', () => app.handleBatch(index, {}, 'work' as never), 'LW1201'],
    ['a typo', () => app.handleBatch(index, { maks: 5 } as never, work), 'LW1201'],
    ['max of nothing', () => app.handleBatch(index, { max: 0 }, work), 'LW1201'],
    ['half a job', () => app.handleBatch(index, { max: 1.5 }, work), 'LW1201'],
    ['no unit', () => app.handleBatch(index, { wait: '5' as never }, work), 'LW1201'],
    ['no task', () => app.handleBatch('index' as never, {}, work), 'LW1101'],
    ['a second handler', () => app.handleBatch(index, {}, work).handle(index, work), 'LW1203'],
  ] as const)('%s is refused', (_what, use, code) => {
    expect(use).toThrow(expect.objectContaining({ code }))
  })
})
