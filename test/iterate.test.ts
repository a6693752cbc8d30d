// Going through many items: what is kept on the way, and where the next attempt goes on.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { type Context, fixed, legwork, limits, Release, task, unchecked } from 'legwork'
import { memory } from 'legwork/memory'
import { faulty, testApp, type TestApp } from 'legwork/testing'
import { afterAll, describe, expect, test } from 'vitest'
import { never, silent, stage, untilAborted, untilState } from './stage-kit.ts'

const folder = mkdtempSync(join(tmpdir(), 'legwork-iterate-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

interface Row {
  readonly id: number
}
const rows = (count: number): readonly Row[] => Array.from({ length: count }, (_, i) => ({ id: i + 1 }))
const cursor = (row: Row) => row.id
const after = (count: number) => (last?: number) => rows(count).slice(last ?? 0)

const checkpointOf = async (t: TestApp, id: string) => (await (await t.store()).get([id]))[0]?.checkpoint

describe('a cursor is kept', () => {
  test('every so many items, at the end, and not more often', async () => {
    const kept: string[] = []
    const store = memory()
    const app = legwork({
      store: {
        ...store,
        record: (worker, notes) => {
          kept.push(...notes.flatMap(({ checkpoint = 'none' }) => checkpoint))
          return store.record(worker, notes)
        },
      },
      log: silent,
    })
    const walk = task('walk')
    const seen: number[] = []
    app.handle(walk, async ({ iterate }) => {
      for await (const row of iterate(after(25), { cursor, every: 10 })) seen.push(row.id)
    })
    await app.start()
    await app.run(walk, undefined, { timeout: '20s' })
    expect(seen).toEqual(rows(25).map(cursor))
    expect(kept).toEqual(['10', '20', '25'])
    await app.stop()
  })

  test('without a cursor of its own as the number of items done', async () => {
    const seen: string[] = []
    const { t, one } = stage(
      'counted',
      async ({ iterate, attempt }) => {
        for await (const letter of iterate((done) => [...'abcdef'].slice(done))) {
          if (letter === 'd' && attempt === 1) throw new Error('not yet')
          seen.push(letter)
        }
        return seen.join('')
      },
      { retry: { attempts: 2, backoff: fixed('1s') } },
    )
    await using _ = t
    const job = await t.enqueue(one, 'x')
    await t.drain()
    expect(await checkpointOf(t, job.id)).toBe('3')
    await t.clock.advance('1s')
    expect(await job.status()).toMatchObject({ state: 'completed', output: 'abcdef', failures: 1 })
  })
})

/** Waits in the time of the test. */
const sleepIn = async (t: TestApp, ms: number) => {
  const end = t.clock.now().getTime() + ms
  while (t.clock.now().getTime() < end) await turn()
}

describe('the next attempt goes on', () => {
  test('after a crash behind the last checkpoint: at most `every` items are repeated', async () => {
    const seen: number[] = []
    const { t, one } = stage('crash', async ({ iterate }) => {
      for await (const row of iterate(after(30), { cursor, every: 10 })) seen.push(row.id)
      return 'done'
    })
    await using _ = t
    t.crash('after-checkpoint')
    const job = await t.enqueue(one, 'x')
    await t.drain()
    expect(await job.status()).toMatchObject({ state: 'completed', attempt: 2, losses: 1, failures: 0 })
    expect(seen).toEqual(rows(30).map(cursor))

    seen.length = 0
    t.crash('before-settle')
    await t.enqueue(one, 'y')
    await t.drain()
    expect(seen, 'all was done and kept before the crash').toEqual(rows(30).map(cursor))
  })

  test('after a failure at the item that failed', async () => {
    const seen: number[] = []
    const { t, one } = stage(
      'fails',
      async ({ iterate, attempt }) => {
        for await (const row of iterate(after(9), { cursor })) {
          if (row.id === 3 * attempt) throw new Error(`item ${row.id}`)
          seen.push(row.id)
        }
      },
      { retry: { attempts: 9, backoff: fixed(0) } },
    )
    await using _ = t
    const job = await t.enqueue(one, 'x')
    await t.drain()
    expect(await job.status()).toMatchObject({ state: 'completed', failures: 3 })
    expect(seen).toEqual(rows(9).map(cursor))
  })

  test('after its time was over, behind the jobs that wait', async () => {
    const order: string[] = []
    const { t, one } = stage(
      'turns',
      async ({ iterate, input }, inner) => {
        for await (const row of iterate(after(3), { cursor, for: '10m' })) {
          order.push(`${input}${row.id}`)
          await sleepIn(inner, 600_000)
        }
        return 'done'
      },
      { concurrency: 1 },
    )
    await using _ = t
    const [a, b] = [await t.enqueue(one, 'a'), await t.enqueue(one, 'b')]
    await t.clock.advance('2h')
    expect(order).toEqual(['a1', 'b1', 'a2', 'b2', 'a3', 'b3'])
    for (const job of [a, b]) expect(await job.status()).toMatchObject({ state: 'completed', failures: 0 })
    const [stored] = await (await t.store()).get([a.id], { attempts: true })
    expect(stored?.releases).toBeGreaterThanOrEqual(2)
    expect(stored?.attempts?.[0]?.reason).toBe('its turn of 600000 ms was over')
  })

  test.each(['memory', 'sqlite'] as const)(
    'after its worker stopped, at once and without a failure (%s)',
    async (engine) => {
      const where = engine === 'sqlite' ? join(folder, 'stop.db') : shared(memory())
      const walk = task('walk', { output: unchecked<string>() })
      const seen: number[] = []
      const make = (onItem: (id: number) => void) =>
        legwork({ store: where, log: silent }).handle(walk, async ({ iterate }) => {
          for await (const row of iterate(after(1_000), { cursor, every: 1_000 })) {
            seen.push(row.id)
            onItem(row.id)
            await turn()
          }
          return 'all of it'
        })
      let halfway = () => {}
      const isHalfway = new Promise<void>((resolve) => void (halfway = resolve))
      const first = make((id) => id === 100 && halfway())
      await first.start()
      const job = await first.enqueue(walk)
      await isHalfway
      const startedAt = performance.now()
      await first.stop()
      expect(performance.now() - startedAt, 'no grace was waited for').toBeLessThan(5_000)
      const second = make(() => {})
      await second.start()
      expect(await second.job(job.id, walk).result({ timeout: '20s' })).toBe('all of it')
      expect(seen, 'nothing left out, nothing twice').toEqual(rows(1_000).map(cursor))
      expect(await second.job(job.id).status()).toMatchObject({ attempt: 2, failures: 0, losses: 0 })
      await second.stop()
    },
  )

  test('a cancelled iteration ends between two items and is cancelled', async () => {
    let got = 0
    const { t, one } = stage('cancelled', async ({ iterate }) => {
      for await (const row of iterate(endless, { every: 10 })) got = row
    })
    await using _ = t
    const job = await t.enqueue(one, 'x')
    void t.drain().catch(() => {})
    while (got < 100) await turn()
    expect(await job.cancel('enough')).toBe('asked')
    await t.clock.advance('1h')
    expect(await job.status()).toMatchObject({ state: 'cancelled', reason: 'enough' })
    expect(Number(await checkpointOf(t, job.id))).toBe(got)
  })

  test('a lost lease ends the iteration, and keeps nothing', async () => {
    const starts: number[] = []
    const { t, one } = stage('lost', async ({ iterate, attempt }, inner) => {
      for await (const row of iterate((done) => (starts.push(done), rows(5).slice(done)))) {
        if (attempt > 1 || row.id !== 3) continue
        await inner.loseLease()
        await turn()
      }
      return 'done'
    })
    await using _ = t
    const job = await t.enqueue(one, 'x')
    await t.clock.advance('1d')
    expect(await job.status()).toMatchObject({ state: 'completed', losses: 1, failures: 0 })
    expect(starts).toEqual([0, 0])
  })
})

/** Hides `close`, so that a second app finds what the first one left. */
const shared = (store: ReturnType<typeof memory>) => ({ ...store, close: async () => {} })

async function* endless(done: number) {
  for (let n = done + 1; ; n++) yield n
}

describe('what a handler makes of the interruption', () => {
  const swallowing = async ({ iterate }: Context<string>, waitFor: () => Promise<void>) => {
    try {
      for await (const n of iterate(endless)) if (n === 5) await waitFor()
    } catch {
      return 'as if it were done'
    }
    return 'not reached'
  }

  test('one that catches it has not completed', async () => {
    const store = shared(memory())
    const swallow = task('swallow')
    let isThere = () => {}
    const there = new Promise<void>((resolve) => void (isThere = resolve))
    const app = legwork({ store, log: silent }).handle(swallow, (context) =>
      swallowing(context as unknown as Context<string>, async () => {
        isThere()
        await untilAborted(stopped.signal)
      }),
    )
    const stopped = new AbortController()
    await app.start()
    const job = await app.enqueue(swallow)
    await there
    const stopping = app.stop({ grace: '10s' })
    stopped.abort()
    await stopping
    const [stored] = await store.get([job.id])
    expect(stored).toMatchObject({ state: 'ready', failures: 0, releases: 1, checkpoint: '5' })
  })

  test('one that leaves its loop completes; the item it left at is not done', async () => {
    const { t, one } = stage('leaves', async ({ iterate }) => {
      for await (const n of iterate(endless)) if (n === 5) break
      return 'enough'
    })
    await using _ = t
    const job = await t.enqueue(one, 'x')
    await t.drain()
    expect(await job.status()).toMatchObject({ state: 'completed', output: 'enough' })
    expect(await checkpointOf(t, job.id)).toBe('4')
  })

  test('Release gives a job back by hand', async () => {
    const { t, one } = stage('by-hand', ({ attempt }) => {
      if (attempt === 1) throw new Release()
      if (attempt === 2) throw new Release('the mirror is being built', '1h')
      return 'ok'
    })
    await using _ = t
    const job = await t.enqueue(one, 'x')
    await t.drain()
    expect(await job.status()).toMatchObject({ state: 'scheduled', attempt: 2, failures: 0 })
    await t.clock.advance('1h')
    expect(await job.status()).toMatchObject({ state: 'completed', attempt: 3, failures: 0 })
  })
})

describe('checkpoint() by hand', () => {
  test('comes back as cursor, in the same run and in the next', async () => {
    const seen: unknown[] = []
    const { t, one } = stage('by-hand', async ({ attempt, checkpoint, ...context }) => {
      seen.push(context.cursor)
      if (attempt > 1) return 'done'
      await checkpoint({ page: 7, at: ['x'] })
      throw new Release()
    })
    await using _ = t
    await t.enqueue(one, 'x')
    await t.drain()
    expect(seen).toEqual([undefined, { page: 7, at: ['x'] }])
  })

  test('of many that are not awaited the newest is kept', async () => {
    const { t, one } = stage('flood', async ({ checkpoint }) => {
      const all: Promise<void>[] = Array.from({ length: 5_000 }, (_, i) => checkpoint(i))
      await all.at(-1)
      await Promise.all(all)
    })
    await using _ = t
    const job = await t.enqueue(one, 'x')
    await t.drain()
    expect(await checkpointOf(t, job.id)).toBe('4999')
    expect(await job.status()).toMatchObject({ state: 'completed' })
  })

  const unfit: readonly (readonly [what: string, value: unknown, code: string])[] = [
    ['no JSON', new Date(0), 'LW1103'],
    ['too large', 'x'.repeat(limits.checkpointBytes), 'LW1104'],
    ['NUL', 'a\0b', 'LW1105'],
  ]
  test.each(unfit)('%s is refused with a code, and nothing is kept', async (_what, value, code) => {
    const { t, one } = stage('bad', async ({ checkpoint }) => {
      await checkpoint('good')
      await checkpoint(value)
    })
    await using _ = t
    const job = await t.enqueue(one, 'x')
    await t.drain()
    expect(await job.status()).toMatchObject({ state: 'dead', error: { code } })
    expect(await checkpointOf(t, job.id)).toBe('"good"')
  })

  test('a bad cursor of an item is found before any work is done', async () => {
    let did = 0
    const { t, one } = stage('bad-cursor', async ({ iterate }) => {
      for await (const row of iterate(after(5), { cursor: () => new Map() as never })) did += row.id
    })
    await using _ = t
    const job = await t.enqueue(one, 'x')
    await t.drain()
    expect(await job.status()).toMatchObject({ state: 'dead', error: { code: 'LW1103' } })
    expect(did).toBe(0)
  })

  test.each(['error-before', 'lost-reply'] as const)(
    'a store that is away for a moment (%s) is waited for',
    async (fault) => {
      let left = 3
      const store = faulty(memory(), (verb) => (verb === 'record' && left-- > 0 ? fault : undefined))
      const waits = task('waits', { output: unchecked<string>() })
      const app = legwork({ store, log: silent }).handle(waits, async ({ checkpoint }) => {
        await checkpoint(1)
        return 'kept'
      })
      await app.start()
      const job = await app.enqueue(waits)
      expect(await job.result({ timeout: '20s' })).toBe('kept')
      expect(await job.status()).toMatchObject({ attempt: 1, failures: 0 })
      await app.stop()
    },
  )
})

describe('wrong use', () => {
  test.each([
    ['a second iteration', (c: Context<string>) => [c.iterate(endless), c.iterate(endless)], 'LW1241'],
    [
      'checkpoint() beside it',
      async (c: Context<string>) => [c.iterate(endless), await c.checkpoint(1)],
      'LW1241',
    ],
    ['no function', (c: Context<string>) => c.iterate([1, 2] as never), 'LW1201'],
    ['a typo', (c: Context<string>) => c.iterate(endless, { throtle: '1/s' } as never), 'LW1201'],
    ['every nothing', (c: Context<string>) => c.iterate(endless, { every: 0 }), 'LW1201'],
    ['no unit', (c: Context<string>) => c.iterate(endless, { every: '5' as never }), 'LW1201'],
    ['no rate', (c: Context<string>) => c.iterate(endless, { throttle: '100' as never }), 'LW1201'],
    ['a rate of nothing', (c: Context<string>) => c.iterate(endless, { throttle: '0/s' }), 'LW1201'],
    ['no time', (c: Context<string>) => c.iterate(endless, { for: 0 }), 'LW1201'],
    ['no cursor function', (c: Context<string>) => c.iterate(endless, { cursor: 'id' } as never), 'LW1201'],
    [
      'a source that gives nothing',
      async (c: Context<string>) => {
        for await (const n of c.iterate(() => undefined as never)) void n
      },
      'LW1201',
    ],
  ] as const)('%s is refused with %3$s', async (_what, use, code) => {
    const { t, one } = stage('wrong', (context) => use(context))
    await using _ = t
    const job = await t.enqueue(one, 'x')
    await t.drain()
    expect(await job.status()).toMatchObject({ state: 'dead', error: { code } })
  })

  test('a source that throws, at once or on its way, is a failure of the job like any other', async () => {
    const { t, one } = stage('throws', async ({ iterate, input }) => {
      const source = async function* (done: number) {
        if (input === 'at once') throw new Error('no table')
        yield* rows(3).slice(done)
        throw new Error('no table')
      }
      for await (const row of iterate(source)) void row
    })
    await using _ = t
    const jobs = await t.enqueueMany(one, ['at once', 'later'])
    await t.drain()
    for (const job of jobs)
      expect(await job.status()).toMatchObject({ state: 'dead', error: { message: 'no table' } })
    expect(await checkpointOf(t, jobs[1]?.id ?? '')).toBe('3')
  })

  test('a source that never answers is left when the run is to end', async () => {
    const { t, one } = stage('deaf', async ({ iterate }) => {
      const deaf: AsyncIterable<number> = { [Symbol.asyncIterator]: () => ({ next: never }) }
      for await (const n of iterate(() => deaf)) void n
    })
    await using _ = t
    const job = await t.enqueue(one, 'x')
    void t.drain().catch(() => {})
    await untilState(job, 'running')
    await job.cancel('enough')
    await t.clock.advance('2m')
    expect(await job.status()).toMatchObject({ state: 'cancelled' })
    expect(t.logged.filter(({ message }) => message.includes('ignored its signal'))).toEqual([])
  })
})

test('testApp names the new moment of a crash', () => {
  expect(() => testApp(legwork('memory:')).crash('after-checkpont' as never)).toThrow(
    /did you mean after-checkpoint/,
  )
})
