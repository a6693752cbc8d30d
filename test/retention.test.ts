// What a store keeps of finished jobs, as users say it: by age, count and bytes, for all processes.
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { defaults, InvalidOption, legwork, task, unchecked } from 'legwork'
import type { App } from 'legwork'
import { sqlite } from 'legwork/sqlite'
import { testApp, virtualClock } from 'legwork/testing'
import { afterAll, describe, expect, test } from 'vitest'
import { sizeReport } from '../src/cli/size-findings.ts'
import { freshFolder } from './fixtures/houses.mjs'
import { engines, expectRefused, newApp, useFolder } from './refusal-kit.ts'

useFolder()
const folder = freshFolder('legwork-retention-')
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const mail = task('mail', { input: unchecked<number>() })
const silent = { debug() {}, info() {}, warn() {}, error() {} }

describe('what cannot be meant is refused, with its path', () => {
  const wrong: readonly (readonly [options: unknown, says: RegExp])[] = [
    [{ completed: { count: -1 } }, /retention\.completed\.count: got -1, expected a whole number from 1/],
    [{ completed: { count: 0 } }, /retention\.completed\.count: got 0/],
    [{ completed: { count: 1.5 } }, /retention\.completed\.count/],
    [{ dead: { bytes: '10 apples' } }, /retention\.dead\.bytes: got "10 apples", expected bytes, or a size/],
    [{ dead: { bytes: 0 } }, /retention\.dead\.bytes/],
    [{ cancelled: { age: 0 } }, /retention\.cancelled\.age: got 0.*from 1 ms/],
    [{ cancelled: { age: 'soon' } }, /retention\.cancelled\.age/],
    [
      { running: { count: 1 } },
      /retention option: got "running", expected one of completed, dead, cancelled/,
    ],
    [{ compelted: { count: 1 } }, /did you mean completed\?/],
    [{ completed: { number: 1 } }, /retention\.completed option: got "number"/],
    [{ completed: {} }, /retention\.completed: .*any of age, count and bytes/],
    [{ completed: '1d' }, /retention\.completed options: got "1d"/],
    [{}, /retention: .*null lifts all limits/],
    ['1d', /retention options: got "1d"/],
    [{ queues: ['mail'] }, /retention\.queues: got/],
    [{ queues: { 'a b': { dead: { count: 1 } } } }, /retention\.queues: got "a b"/],
    [{ queues: { mail: { dead: { count: '5' } } } }, /retention\.queues\.mail\.dead\.count: got "5"/],
    [{ queues: { mail: { later: { count: 5 } } } }, /retention\.queues\.mail option: got "later"/],
  ]
  test.each(wrong)('%j', async (retention, says) => {
    const make = legwork as unknown as (options: unknown) => App
    await expectRefused(() => make({ store: 'memory:', retention }), {
      is: InvalidOption,
      code: 'LW1201',
      says,
    })
    await using app = newApp('memory')
    const set = app.setRetention as unknown as (options: unknown) => Promise<void>
    await expectRefused(() => set(retention), { is: InvalidOption, code: 'LW1201', says })
  })
})

test.each(engines)(
  'an app says at start what is kept, and every process keeps to it (%s)',
  async (engine) => {
    await using app = newApp(engine)
    await app.setRetention({
      completed: { age: '2d', count: 100_000, bytes: '1.5gb' },
      dead: { age: 'forever', bytes: '1GiB' },
      queues: { mails: { cancelled: { count: 7 } } },
    })
    const store = await app.store()
    expect((await store.retention.get())?.policy).toEqual({
      completed: { ageMs: 172_800_000, count: 100_000, bytes: 1_610_612_736 },
      dead: { ageMs: null, bytes: 1_073_741_824 },
      queues: { mails: { cancelled: { count: 7 } } },
    })
    await app.setRetention(null)
    expect(await store.retention.get()).toBeUndefined()
  },
)

test('of two releases the one that was deployed later is heard, whoever starts last', async () => {
  const path = join(folder, 'releases.db')
  const release = (deployedAt: string, count: number) => {
    const warned: string[] = []
    const log = { ...silent, warn: (_: object, text: string) => void warned.push(text) }
    const app = legwork({ store: path, log, deployedAt, retention: { completed: { count } } })
    return { app: app.handle(mail, () => {}), warned }
  }
  const [newer, older] = [release('2026-05-02T09:00Z', 2), release('2026-05-01T09:00Z', 1)]
  await newer.app.start()
  await older.app.start()
  const store = await newer.app.store()
  expect((await store.retention.get())?.policy).toEqual({ completed: { count: 2 } })
  expect(newer.warned).toEqual([])
  expect(older.warned).toEqual([expect.stringContaining('LW1231')])
  await Promise.all([newer.app.stop(), older.app.stop()])
})

test('the test kit keeps what the app keeps, in virtual time', async () => {
  const app = legwork({ store: 'memory:', retention: { completed: { count: 2, age: '10d' } } })
  app.handle(mail, () => {})
  await using t = testApp(app)
  for (const n of [1, 2, 3]) {
    await t.enqueue(mail, n)
    await t.drain()
    await t.clock.advance('1s')
  }
  await t.clock.advance('5m')
  expect((await t.jobs(mail)).map(({ payload }) => payload)).toEqual(['2', '3'])
  await t.clock.advance('9d')
  expect(await t.jobs(mail)).toHaveLength(2)
  await t.clock.advance('2d')
  expect(await t.jobs(mail)).toEqual([])
  await app.stop()
})

test('a policy takes hold of a long history piece by piece', async () => {
  const clock = virtualClock()
  const store = sqlite({ path: join(folder, 'long.db'), clock })
  await store.open()
  const job = {
    task: 'mail',
    queue: 'q',
    version: 1,
    priority: 5,
    maxAttempts: 3,
    tags: [],
    retain: defaults.retain,
  }
  const payload = JSON.stringify('x'.repeat(900))
  const jobs = Array.from({ length: 3_500 }, (_, n) => ({ ...job, id: `job-${n}`, payload }))
  await store.enqueue(jobs)
  await store.act({ verb: 'cancel', ids: jobs.map(({ id }) => id), by: 'ada' })
  await store.retention.set({ to: { cancelled: { count: 3_000, bytes: 1_000_000 } }, by: 'ada' })
  const removed: number[] = []
  for (let calls = 0; calls < 100; calls++) {
    const done = await store.tend(300)
    removed.push(done.removed)
    if (!done.more) break
  }
  expect(Math.max(...removed)).toBeLessThanOrEqual(300)
  const [count] = await store.counts()
  // 400 bytes for the rows of each, and 902 of its payload.
  expect(count?.states.cancelled).toBe(Math.floor(1_000_000 / 1_302))
  const { jobs: left } = await store.find({}, { limit: 1 })
  expect(left[0]?.id).toBe('job-3499')
  await store.close()
})

describe('what doctor says of size', () => {
  async function grown(how: { n: number; over: '2h' | '2d' }) {
    const clock = virtualClock()
    const store = sqlite({ path: join(folder, `grown-${how.n}-${how.over}.db`), clock })
    await store.open()
    const job = { task: 'mail', queue: 'q', version: 1, priority: 5, maxAttempts: 3, tags: [] }
    const retain = { ...defaults.retain, dead: null }
    await store.tend(10)
    const steps = how.over === '2h' ? 12 : 48
    for (let step = 0; step < steps; step++) {
      const payload = JSON.stringify('x'.repeat(1_000))
      const few = Array.from({ length: how.n }, (_, i) => `job-${step}-${i}`)
      await store.enqueue(few.map((id) => ({ ...job, retain, id, payload, ttlMs: 1 })))
      await clock.advance(how.over === '2h' ? 600_000 : 3_600_000)
      await store.tend(1_000)
    }
    return store
  }

  test('growth of the last hour and day, and nothing about it before there are samples', async () => {
    const fresh = sqlite(join(folder, 'fresh.db'))
    await fresh.open()
    const [first] = (await sizeReport(fresh, 1e12)).findings
    expect(first).toMatchObject({ about: 'growth', value: expect.stringMatching(/^not known yet/) })
    await fresh.close()
    const store = await grown({ n: 5, over: '2h' })
    const { findings, growth, size } = await sizeReport(store, 1e12)
    expect(size.now).toMatchObject({ enqueued: 60, dead: 60, live: 0 })
    expect(growth[0]).toMatchObject({ overMs: 3_600_000, enqueued: 30, dead: 30, completed: 0 })
    expect(growth[1]).toMatchObject({ overMs: 7_200_000, enqueued: 60 })
    expect(growth[1]?.bytes).toBeGreaterThan(60_000)
    expect(findings[0]?.value).toMatch(
      /^last hour \+\d+ kB, 30 jobs came, \+30 dead; last 2h \+\d+ kB, 60 jobs came, \+60 dead$/,
    )
    expect(findings.map(({ verdict }) => verdict)).toEqual(['good', 'good'])
    await store.close()
  })

  test('it warns of what nothing bounds, until something does, and of a disk that will be full', async () => {
    const store = await grown({ n: 50, over: '2d' })
    const { findings, growth } = await sizeReport(store, 20 * 24 * 50 * 1_000)
    expect(growth[1]?.dead).toBe(1_200)
    const of = (name: string) => findings.find(({ about }) => about === name)
    expect(of('unbounded')).toMatchObject({
      value: '2,400 dead jobs, kept for ever without a limit of count or bytes',
      verdict: 'warn',
      note: expect.stringMatching(/^\+1200 in a day; legwork retention set --state dead/),
    })
    expect(of('growth')).toMatchObject({
      verdict: 'warn',
      note: expect.stringMatching(/the disk is full in/),
    })
    await store.retention.set({ to: { dead: { count: 100 }, completed: { ageMs: null } }, by: 'ada' })
    for (let more = true; more; ) more = (await store.tend(1_000)).more
    const after = await sizeReport(store, 1e15)
    expect(after.size.now.dead).toBe(100)
    expect(after.findings.filter(({ verdict }) => verdict === 'warn').map(({ value }) => value)).toEqual([
      '0 completed jobs, kept for ever without a limit of count or bytes',
    ])
    expect(after.findings[1]?.value).toBe('completed for ever; dead for ever, at most 100; cancelled 7d')
    await store.close()
  })
})
