// Counts that must not grow: what a drain, an enqueue and an idle worker cost in calls and commits. Never in seconds,
// for a count is the same on every machine. `npm run bench` has the seconds.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { legwork, task, unchecked } from 'legwork'
import { memory } from 'legwork/memory'
import { sqlite } from 'legwork/sqlite'
import type { Store } from 'legwork/store'
import { virtualClock } from 'legwork/testing'
import { describe, expect, onTestFinished, test } from 'vitest'

const noop = task('gate.noop', { input: unchecked<{ n: number }>() })
const inputs = (length: number) => Array.from({ length }, (_, n) => ({ n }))
const silent = { debug() {}, info() {}, warn() {}, error() {} }

/** Counts the calls of each verb. What the store does by itself, such as its beats, is not among them. */
function counting(store: Store) {
  const calls = new Map<string, number>()
  const wrapped = Object.entries(store).map(([name, member]) => {
    if (typeof member !== 'function') return [name, member]
    const call = member as (...args: unknown[]) => unknown
    return [
      name,
      (...args: unknown[]) => {
        calls.set(name, (calls.get(name) ?? 0) + 1)
        return call(...args)
      },
    ]
  })
  const of = (...verbs: string[]) => verbs.reduce((sum, verb) => sum + (calls.get(verb) ?? 0), 0)
  return { store: Object.fromEntries(wrapped) as Store, calls, of }
}

function freshFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'legwork-gates-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return join(folder, 'jobs.db')
}

/** A store, and the way to look into it once it was closed. */
interface Place {
  readonly store: Store
  again(): Store
}
const places: readonly [string, () => Place][] = [
  [
    'memory',
    () => {
      const store = memory()
      return { store, again: () => store }
    },
  ],
  [
    'sqlite',
    () => {
      const file = freshFile()
      return { store: sqlite(file), again: () => sqlite(file) }
    },
  ],
]

async function completedIn(store: Store): Promise<number | undefined> {
  await store.open()
  const [count] = await store.counts()
  await store.close()
  return count?.states.completed
}

/** Waits for turns of the event loop, not for time. */
const until = async (isSo: () => boolean) => {
  while (!isSo()) await new Promise((resolve) => setImmediate(resolve))
}

describe.each(places)('draining on %s', (_, make) => {
  test.each([10, 100])('takes at most one call per 100 jobs at concurrency %i', async (concurrency) => {
    const jobs = 3_000
    const place = make()
    const { store, of } = counting(place.store)
    const app = legwork({ store, log: silent })
    const seen = new Set<number>()
    let runs = 0
    app.handle(noop, ({ input }) => {
      seen.add(input.n)
      runs += 1
    })
    await app.enqueueMany(noop, inputs(jobs))
    await app.start({ concurrency })
    await until(() => runs >= jobs)
    await app.stop()
    expect({ runs, different: seen.size, completed: await completedIn(place.again()) }).toEqual({
      runs: jobs,
      different: jobs,
      completed: jobs,
    })
    // Besides, a few calls before the worker knows how quick its jobs are, and those of the end.
    expect(of('exchange', 'claim', 'settle', 'record')).toBeLessThanOrEqual(jobs / 100 + 10)
  })
})

/**
 * Counts the commits in the log of a SQLite file, by SQLite's own mark: a frame whose header says how large the database
 * is after it ends a transaction (https://www.sqlite.org/fileformat2.html#walformat). Only for less than a log of 16 MB,
 * for then it starts again from the beginning.
 */
function commitsIn(file: string): number {
  const log = readFileSync(`${file}-wal`)
  const frameBytes = 24 + log.readUInt32BE(8)
  const salts = log.subarray(16, 24)
  let commits = 0
  for (let at = 32; at + frameBytes <= log.length; at += frameBytes) {
    if (!log.subarray(at + 8, at + 16).equals(salts)) break
    if (log.readUInt32BE(at + 4) > 0) commits += 1
  }
  return commits
}

describe('enqueueing on sqlite', () => {
  test('takes at most 2 commits for 100 calls made at the same time', async () => {
    const file = freshFile()
    const app = legwork({ store: file, log: silent })
    await app.enqueue(noop, { n: 0 })
    for (let round = 0; round < 20; round++) {
      const before = commitsIn(file)
      await Promise.all(inputs(100).map((input) => app.enqueue(noop, input)))
      const made = commitsIn(file) - before
      expect(made).toBeGreaterThan(0)
      expect(made).toBeLessThanOrEqual(2)
    }
    await app.stop()
  })

  test('takes one commit for each 1,000 of enqueueMany', async () => {
    const file = freshFile()
    const app = legwork({ store: file, log: silent })
    await app.enqueue(noop, { n: 0 })
    const before = commitsIn(file)
    await app.enqueueMany(noop, inputs(5_000))
    expect(commitsIn(file) - before).toBe(5)
    await app.stop()
  })
})

describe('a worker whose slots are all taken, on sqlite', () => {
  test('writes nothing when the bell rings, and asks at most once a ring', async () => {
    const file = freshFile()
    const { store, of } = counting(sqlite(file))
    const app = legwork({ store, log: silent })
    let running = 0
    let letGo = (): void => {}
    const held = new Promise<void>((resolve) => (letGo = resolve))
    app.handle(noop, async () => {
      running += 1
      await held
    })
    await app.start({ concurrency: 2, lease: '90s', beat: '30s' })
    await app.enqueueMany(noop, inputs(2))
    await until(() => running === 2)
    // What is under way when the slots fill up is not counted.
    await app.enqueue(noop, { n: 2 })
    const before = { commits: commitsIn(file), asked: of('exchange', 'claim') }
    for (let n = 0; n < 100; n++) await app.enqueue(noop, { n })
    expect(commitsIn(file) - before.commits).toBe(100)
    expect(of('exchange', 'claim') - before.asked).toBeLessThanOrEqual(105)
    letGo()
    await until(() => running === 103)
    await app.stop()
  })
})

describe('an idle worker', () => {
  /** The calls of a worker that has nothing to do, minute by minute of a virtual clock, besides its beats. */
  async function callsPerMinute(minutes: number): Promise<number[]> {
    const clock = virtualClock()
    const { store, of } = counting(memory({ clock }))
    const app = legwork({ store, clock, random: () => 0.5, log: silent })
    app.handle(noop, () => {})
    await app.start()
    // The first second after the start, or after a job, is not idle: more may come.
    await clock.advance(2_000)
    const made = () => of('exchange', 'claim', 'settle', 'record', 'tend', 'get', 'counts', 'workers')
    const calls: number[] = []
    for (let minute = 0; minute < minutes; minute++) {
      const before = made()
      await clock.advance(60_000)
      calls.push(made() - before)
    }
    await app.stop()
    return calls
  }

  test('asks its store at most once a second, and after a quiet minute once in five', async () => {
    const [first = Infinity, , ...quiet] = await callsPerMinute(6)
    expect(first).toBeGreaterThan(0)
    expect(first).toBeLessThanOrEqual(60)
    expect(quiet).toHaveLength(4)
    for (const calls of quiet) expect(calls).toBeLessThanOrEqual(12)
  })
})
