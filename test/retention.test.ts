// What a store keeps of finished jobs, as users say it: by age, count and bytes, for all processes.
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { defaults, InvalidOption, legwork, task, unchecked } from 'legwork'
import type { App } from 'legwork'
import { sqlite } from 'legwork/sqlite'
import { testApp, virtualClock } from 'legwork/testing'
import { afterAll, describe, expect, test } from 'vitest'
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
