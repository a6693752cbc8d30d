// Releases, backfills, missed slots and clocks: what becomes of schedules over time, on the store in memory.
import { type App, legwork, type ScheduleOptions, type Task, task, unchecked } from 'legwork'
import { memory } from 'legwork/memory'
import type { Store } from 'legwork/store'
import { testApp, type VirtualClock, virtualClock } from 'legwork/testing'
import { expect, test } from 'vitest'

const plain = task('plain')
const other = task('other')

/** Releases of an app on one store, alive at once. */
function street() {
  const clock = virtualClock({ now: '2026-01-01T00:00:30Z' })
  const store = memory({ clock })
  // The store outlives each release.
  const shared: Store = { ...store, close: async () => {} }
  const lines: string[] = []
  const keep = (_: object, message: string) => void lines.push(message)
  const log = { debug() {}, info() {}, warn: keep, error: keep }
  const apps: App[] = []
  return {
    clock,
    lines,
    async release(
      schedules: Readonly<Record<string, Omit<ScheduleOptions<undefined>, 'task'>>>,
      {
        deployedAt,
        tasks = [plain],
      }: { deployedAt?: string; tasks?: readonly Task<string, undefined>[] } = {},
    ): Promise<App> {
      const app = legwork({
        store: shared,
        clock,
        log,
        pace: { pollMs: 1_000, tendMs: 5_000 },
        ...(deployedAt !== undefined && { deployedAt }),
      })
      for (const one of tasks) app.handle(one, () => {})
      for (const [name, options] of Object.entries(schedules)) app.schedule(name, { task: plain, ...options })
      apps.push(app)
      await settled(clock, app.start())
      return app
    },
    end: (app: App) => settled(clock, app.stop({ grace: 0 })),
    async [Symbol.asyncDispose]() {
      for (const app of apps) await settled(clock, app.stop({ grace: 0 }))
    },
  }
}

async function settled<T>(clock: VirtualClock, work: Promise<T>): Promise<T> {
  let isOver = false
  const end = () => void (isOver = true)
  work.then(end, end)
  while (!isOver) await clock.advance(1)
  return work
}

const minutely = { every: '1m' } as const
const hourly = { every: '1h' } as const

test('two releases alive at once do not take turns: the later deployedAt stands, whoever starts again', async () => {
  await using s = street()
  const old = await s.release({ a: minutely }, { deployedAt: '2026-01-01' })
  const fresh = await s.release({ a: hourly }, { deployedAt: '2026-01-02' })
  expect(await fresh.schedules.get('a')).toMatchObject({ everyMs: 3_600_000 })
  await s.release({ a: minutely }, { deployedAt: '2026-01-01' })
  await s.clock.advance(300_000)
  expect(await old.schedules.get('a')).toMatchObject({ everyMs: 3_600_000, fired: 0 })
  expect(s.lines.filter((line) => line.startsWith('LW2105'))).toHaveLength(2)
})

test('without deployedAt the first word stands until its last worker is gone', async () => {
  await using s = street()
  const old = await s.release({ a: minutely })
  const fresh = await s.release({ a: hourly })
  await s.clock.advance(60_000)
  expect(await fresh.schedules.get('a')).toMatchObject({ everyMs: 60_000 })
  await s.end(old)
  await s.clock.advance(60_000)
  expect(await fresh.schedules.get('a')).toMatchObject({ everyMs: 3_600_000 })
})

test('what no live worker declares is removed by a release without it, and comes back where it was', async () => {
  await using s = street()
  const old = await s.release({ a: minutely, b: hourly })
  const fresh = await s.release({ b: hourly })
  await s.clock.advance(60_000)
  expect((await fresh.schedules.list()).map(({ name }) => name)).toEqual(['a', 'b'])
  await s.end(old)
  await s.clock.advance(60_000)
  expect((await fresh.schedules.list()).map(({ name }) => name)).toEqual(['b'])
  const again = await s.release({ a: minutely, b: hourly })
  const found = await again.schedules.get('a')
  // The slot of the minute in which nobody declared it was the newest that was missed.
  expect(found).toMatchObject({ state: 'active', fired: 2 })
})

test('a pause survives a release that changes the schedule', async () => {
  await using s = street()
  const old = await s.release({ a: minutely }, { deployedAt: '2026-01-01' })
  await old.schedules.pause('a', 'vendor outage')
  const fresh = await s.release({ a: hourly }, { deployedAt: '2026-01-02' })
  expect(await fresh.schedules.get('a')).toMatchObject({ state: 'paused', everyMs: 3_600_000 })
})

test('a stop longer than missed.within is noted, and of the rest the newest slot runs', async () => {
  await using s = street()
  const first = await s.release({ a: { ...minutely, missed: { run: 'last', within: '10m' } } })
  await s.clock.advance(60_000)
  await s.end(first)
  await s.clock.advance(30 * 60_000)
  const second = await s.release({ a: { ...minutely, missed: { run: 'last', within: '10m' } } })
  await s.clock.advance(1_000)
  const history = await second.schedules.history('a')
  expect(history.map(({ outcome, reason, count }) => [reason ?? outcome, count])).toEqual([
    ['fired', 1],
    ['missed', 9],
    ['window', 20],
    ['fired', 1],
  ])
})

test('an outage of more slots than anybody would read is passed over in one step', async () => {
  await using s = street()
  const first = await s.release({ a: { every: '1s', overlap: 'allow' } })
  await s.end(first)
  await s.clock.advance(365 * 86_400_000)
  const second = await s.release({ a: { every: '1s', overlap: 'allow' } })
  await s.clock.advance(2_000)
  const history = await second.schedules.history('a', { limit: 200 })
  expect(history.at(-1)).toMatchObject({ reason: 'window', count: 1_000, note: 'at least 1000 slots' })
  expect((await second.schedules.get('a'))?.fired).toBeLessThan(10)
})

test('a schedule whose task nobody handles waits, is shown as errored, and goes on when somebody does', async () => {
  await using s = street()
  const boss = await s.release(
    { a: { ...minutely, missed: { run: 'all', within: '5m' }, overlap: 'allow' } },
    { tasks: [other] },
  )
  await s.clock.advance(120_000)
  const found = await boss.schedules.get('a')
  expect(found).toMatchObject({ state: 'errored', problem: { code: 'LW2101' }, fired: 0 })
  expect(s.lines.some((line) => /LW2101 schedule a does not fire: .*task plain/.test(line))).toBe(true)
  await s.clock.advance(10 * 60_000)
  expect((await boss.schedules.history('a'))[0]).toMatchObject({ reason: 'invalid' })
  await s.release({}, { tasks: [plain] })
  await s.clock.advance(5_000)
  expect(await boss.schedules.get('a')).toMatchObject({ state: 'active' })
  expect((await boss.schedules.get('a'))?.fired).toBeGreaterThanOrEqual(5)
})

test('a clock that goes back fires nothing twice, and slots go on when it has come there again', async () => {
  await using s = street()
  const app = await s.release({ a: { ...minutely, overlap: 'allow' } })
  await s.clock.advance(300_000)
  s.clock.jump(-180_000)
  await s.clock.advance(120_000)
  expect((await app.schedules.get('a'))?.fired).toBe(5)
  await s.clock.advance(120_000)
  expect((await app.schedules.get('a'))?.fired).toBe(6)
})

test('a schedule of another process is fired by a worker that never heard of it', async () => {
  await using s = street()
  await s.release({})
  const web = await s.release({}, { tasks: [other] })
  await web.schedules.set('made', { every: '1m', task: plain })
  await s.clock.advance(180_000)
  expect(await web.schedules.get('made')).toMatchObject({ fired: 3, source: 'api' })
  expect(await web.schedules.remove('made')).toBe(true)
  expect(await web.schedules.list()).toEqual([])
})

const day = task('day', { input: unchecked<string>() })

test('a backfill runs the slots of a range, a few at once, and leaves those alone that have run', async () => {
  const seen: string[] = []
  let running = 0
  let most = 0
  const app = legwork({ store: 'memory:' })
  app.handle(day, async ({ input, schedule }) => {
    most = Math.max(most, ++running)
    await new Promise((resolve) => setImmediate(resolve))
    running -= 1
    seen.push(`${input}${schedule?.isBackfill ? '*' : ''}`)
  })
  app.schedule('daily', { cron: '@daily', task: day, input: ({ at }) => at.toISOString().slice(0, 10) })
  await using t = testApp(app, { now: '2026-01-10T12:00:00Z' })
  await t.clock.advance('12h')
  const range = { from: new Date('2026-01-05'), to: new Date('2026-01-11'), concurrency: 2 }
  const made = await t.schedules.backfill('daily', range)
  await t.clock.advance('1m')
  expect(seen[0]).toBe('2026-01-11')
  expect(seen.slice(1).sort()).toEqual(
    [5, 6, 7, 8, 9, 10].map((n) => `2026-01-${String(n).padStart(2, '0')}*`),
  )
  expect(most).toBe(2)
  expect(await t.schedules.backfills('daily')).toMatchObject([
    { id: made.id, state: 'done', fired: 6, running: 0 },
  ])
  await t.schedules.backfill('daily', { ...range, from: range.to, reprocess: 'all' })
  await t.clock.advance('1m')
  expect(seen.at(-1)).toBe('2026-01-11*')
  expect(await t.schedules.cancelBackfill('daily', made.id)).toBe(true)
})

test('a large backfill keeps to its room, and ends', async () => {
  const app = legwork({ store: 'memory:' })
  app.handle(day, () => {})
  app.schedule('often', { every: '1m', task: day, input: 'x', missed: { run: 'none' } })
  await using t = testApp(app, { now: '2026-01-10T12:00:00Z' })
  await t.schedules.list()
  await t.clock.advance(1)
  const range = { from: new Date('2026-01-10T00:00Z'), to: new Date('2026-01-10T11:00Z'), concurrency: 3 }
  await t.schedules.backfill('often', range)
  for (let second = 0; second < 20; second++) await t.clock.advance('1s')
  expect(await t.schedules.backfills()).toMatchObject([{ state: 'done', fired: 661 }])
})

test('trigger makes a job now; it obeys the overlap policy, or the one that is asked for', async () => {
  let release = () => {}
  const app = legwork({ store: 'memory:' })
  app.handle(day, () => new Promise<void>((resolve) => void (release = resolve)))
  app.schedule('daily', { cron: '@daily', task: day, input: 'x' })
  await using t = testApp(app, { now: '2026-01-10T12:00:00Z' })
  await t.clock.advance(1)
  const first = await t.schedules.trigger('daily')
  expect(first).toMatchObject({
    outcome: 'fired',
    job: expect.stringMatching(/^schedule:daily@2026-01-10T12:00/),
  })
  await t.clock.advance(10)
  expect(await t.schedules.trigger('daily')).toEqual({ outcome: 'skipped', reason: 'overlap' })
  expect(await t.schedules.trigger('daily', { overlap: 'bufferOne', input: 'y' })).toMatchObject({
    outcome: 'held',
  })
  const before = await t.schedules.get('daily')
  expect(before).toMatchObject({ running: 1, waiting: 1, fired: 2 })
  expect(before?.next?.toISOString()).toBe('2026-01-11T00:00:00.000Z')
  release()
  await t.clock.advance(10)
  release()
  await t.drain()
  const jobs = await t.jobs(day)
  expect(jobs.map(({ payload, schedule }) => [payload, schedule?.isManual])).toEqual([
    ['"x"', true],
    ['"y"', true],
  ])
})

test('limit, end, start and jitter', async () => {
  const starts: Record<string, number[]> = {}
  const app = legwork({ store: 'memory:' })
  app.handle(day, ({ input, job }) => void (starts[input] ??= []).push(job.createdAt.getTime()))
  const at = (time: string) => new Date(`2026-01-10T${time}:00Z`)
  app.schedule('limited', { every: '1m', task: day, input: 'limited', limit: 2 })
  app.schedule('bounded', { every: '1m', task: day, input: 'bounded', start: at('12:02'), end: at('12:04') })
  app.schedule('spread', { every: '1m', task: day, input: 'spread', jitter: '30s', overlap: 'allow' })
  await using t = testApp(app, { now: '2026-01-10T12:00:30Z' })
  await t.clock.advance('10m')
  expect(starts['limited']).toHaveLength(2)
  expect(starts['bounded']).toEqual([at('12:02'), at('12:03'), at('12:04')].map((date) => date.getTime()))
  expect(await t.schedules.get('limited')).toMatchObject({ state: 'over', fired: 2 })
  expect((await t.schedules.history('limited'))[0]).toMatchObject({ reason: 'limit' })
  expect((await t.schedules.history('bounded'))[0]).toMatchObject({ reason: 'ended' })
  const waits = (await t.jobs(day))
    .filter(({ schedule }) => schedule?.name === 'spread')
    .map(({ availableAt, schedule }) => availableAt - (schedule?.at ?? 0))
  expect(Math.max(...waits)).toBeLessThan(30_000)
  expect(new Set(waits).size).toBeGreaterThan(5)
})
