// Schedules as users meet them, on the store in memory under a clock that is moved.
import { legwork, type ScheduleOptions, type Slot, task, unchecked } from 'legwork'
import { testApp } from 'legwork/testing'
import { expect, test } from 'vitest'
import { z } from 'zod'

const report = task('report', { input: z.object({ day: z.string() }) })
const plain = task('plain')
const any = task('any', { input: unchecked<{ n: number }>() })

type Seen = { input: unknown; slot: Slot | undefined }

/** An app that notes what its handler was given. */
function noting(options: Partial<ScheduleOptions<undefined>> & { cron?: string; every?: '1m' | '1h' }) {
  const seen: Seen[] = []
  const app = legwork({ store: 'memory:' })
  app.handle(plain, ({ input, schedule }) => void seen.push({ input, slot: schedule }))
  app.schedule('nightly', { task: plain, ...options })
  return { app, seen }
}
const instants = (seen: readonly Seen[]) => seen.map(({ slot }) => slot?.at.toISOString())

test('a cron schedule fires each of its slots once, with its instant and its interval', async () => {
  const { app, seen } = noting({ cron: '30 2 * * *', tz: 'Europe/Oslo' })
  await using t = testApp(app, { now: '2026-03-27T12:00:00Z' })
  await t.clock.advance('3d')
  // On the 29th clocks go from 02:00 to 03:00: the first instant after the gap.
  expect(instants(seen)).toEqual([
    '2026-03-28T01:30:00.000Z',
    '2026-03-29T01:00:00.000Z',
    '2026-03-30T00:30:00.000Z',
  ])
  expect(seen[1]?.slot).toMatchObject({ name: 'nightly', isBackfill: false, isManual: false })
  expect(seen[1]?.slot?.interval.map((at) => at.toISOString())).toEqual([
    '2026-03-28T01:30:00.000Z',
    '2026-03-29T01:00:00.000Z',
  ])
  const newest = (await t.jobs(plain)).at(-1)
  expect(newest?.id).toBe('schedule:nightly@2026-03-30T00:30:00.000Z')
})

test('an interval follows elapsed time, and the input function is given the slot', async () => {
  const got: unknown[] = []
  const app = legwork({ store: 'memory:' })
  app.handle(report, ({ input }) => void got.push(input.day))
  app.schedule('hourly', {
    every: '1h',
    task: report,
    input: ({ at, interval }) => ({ day: `${interval[0].toISOString()} ${at.toISOString()}` }),
  })
  await using t = testApp(app, { now: '2026-01-01T00:30:00Z' })
  await t.clock.advance('2h')
  expect(got).toEqual([
    '2026-01-01T00:00:00.000Z 2026-01-01T01:00:00.000Z',
    '2026-01-01T01:00:00.000Z 2026-01-01T02:00:00.000Z',
  ])
})

test('a slot whose input cannot be made is skipped, noted and logged, and the next one fires', async () => {
  const app = legwork({ store: 'memory:' })
  const got: string[] = []
  app.handle(report, ({ input }) => void got.push(input.day))
  let n = 0
  app.schedule('shaky', {
    every: '1h',
    task: report,
    input: () => {
      n += 1
      if (n === 1) throw new Error('no such day')
      return { day: n === 2 ? (7 as never) : `day ${n}` }
    },
  })
  await using t = testApp(app, { now: '2026-01-01T00:30:00Z' })
  await t.clock.advance('3h')
  expect(got).toEqual(['day 3'])
  const history = await t.schedules.history('shaky')
  expect(history.map(({ outcome, reason }) => reason ?? outcome)).toEqual(['fired', 'invalid', 'invalid'])
  expect(history[2]?.note).toContain('no such day')
  expect(history[1]?.note).toContain('LW1102')
  expect(t.logged.filter(({ message }) => message.startsWith('LW2103'))).toHaveLength(2)
})

test('while an earlier run is not over, skip leaves slots out and says so', async () => {
  const app = legwork({ store: 'memory:' })
  let release = () => {}
  app.handle(any, () => new Promise<void>((resolve) => void (release = resolve)))
  app.schedule('slow', { every: '1m', task: any, input: { n: 1 } })
  await using t = testApp(app, { now: '2026-01-01T00:00:30Z' })
  await t.clock.advance('3m')
  expect(await t.jobs(any)).toHaveLength(1)
  release()
  await t.drain()
  await t.clock.advance('1m')
  release()
  const history = await t.schedules.history('slow')
  expect(history.map(({ outcome, reason }) => reason ?? outcome)).toEqual([
    'fired',
    'overlap',
    'overlap',
    'fired',
  ])
  expect(await t.jobs(any)).toHaveLength(2)
})

test('buffered slots wait for each other in order, and why names the one that is waited for', async () => {
  const app = legwork({ store: 'memory:' })
  const order: string[] = []
  let release = () => {}
  app.handle(any, ({ schedule }) => {
    order.push(schedule?.at.toISOString().slice(11, 16) ?? '')
    return new Promise<void>((resolve) => void (release = resolve))
  })
  app.schedule('queueing', { every: '1m', task: any, input: { n: 1 }, overlap: 'bufferAll' })
  await using t = testApp(app, { now: '2026-01-01T00:00:30Z' })
  await t.clock.advance('3m')
  const jobs = await t.jobs(any)
  expect(jobs.map(({ state }) => state)).toEqual(['running', 'blocked', 'blocked'])
  expect(await t.why(jobs[1]?.id ?? '')).toMatchObject({
    state: 'blocked',
    reason: { kind: 'overlap', schedule: 'queueing', heldBy: jobs[0]?.id },
  })
  for (let i = 0; i < 3; i++) {
    release()
    await t.clock.advance(1)
  }
  expect(order).toEqual(['00:01', '00:02', '00:03'])
})

test('pause leaves slots out with one note; resume goes on from the next slot, or catches up where asked', async () => {
  const { app, seen } = noting({ every: '1h', overlap: 'allow', missed: { run: 'all', within: '1d' } })
  await using t = testApp(app, { now: '2026-01-01T00:30:00Z' })
  await t.clock.advance('1h')
  await t.schedules.pause('nightly', 'vendor outage')
  await t.clock.advance('3h')
  expect(await t.schedules.get('nightly')).toMatchObject({
    state: 'paused',
    paused: { reason: 'vendor outage', by: 'application' },
  })
  await t.schedules.resume('nightly')
  await t.clock.advance('1h')
  expect(instants(seen)).toEqual(['2026-01-01T01:00:00.000Z', '2026-01-01T05:00:00.000Z'])
  expect(await t.schedules.history('nightly')).toMatchObject([
    { outcome: 'fired' },
    { outcome: 'skipped', reason: 'paused', count: 3 },
    { outcome: 'fired' },
  ])
  await t.schedules.pause('nightly')
  await t.clock.advance('2h')
  await t.schedules.resume('nightly', { catchUp: true })
  await t.clock.advance(1)
  expect(instants(seen).slice(2)).toEqual(['2026-01-01T06:00:00.000Z', '2026-01-01T07:00:00.000Z'])
})

test('each run holds the unique key of its own input: of the slot, and of a trigger', async () => {
  const seen: number[] = []
  const mail = task('mail', {
    input: z.object({ day: z.number() }),
    unique: { by: ({ day }) => day, while: 'present' },
  })
  const app = legwork({ store: 'memory:' })
  app.handle(mail, ({ input }) => void seen.push(input.day))
  app.schedule('daily', {
    cron: '@daily',
    task: mail,
    overlap: 'allow',
    input: ({ at }) => ({ day: at.getUTCDate() }),
  })
  app.schedule('fixed', { cron: '0 0 1 1 *', task: mail, overlap: 'allow', input: { day: 40 } })
  await using t = testApp(app, { now: '2026-05-01T12:00:00Z' })
  await t.clock.advance('2d')
  expect(seen).toEqual([2, 3])
  expect((await t.enqueue(mail, { day: 3 })).duplicate).toBe(true)
  expect(await t.schedules.trigger('daily', { input: { day: 3 } })).toEqual({
    outcome: 'skipped',
    reason: 'twin',
  })
  expect(await t.schedules.trigger('fixed', { input: { day: 50 } })).toMatchObject({ outcome: 'fired' })
  expect(await t.schedules.trigger('fixed')).toMatchObject({ outcome: 'fired' })
  await t.clock.advance('1m')
  expect(seen).toEqual([2, 3, 50, 40])
  expect((await t.enqueue(mail, { day: 50 })).duplicate).toBe(true)
})

test('a slot that gets no job uses nothing of the limit', async () => {
  const ended: (() => void)[] = []
  const app = legwork({ store: 'memory:' })
  app.handle(plain, () => new Promise<void>((done) => void ended.push(done)))
  app.schedule('twice', { every: '1m', task: plain, overlap: 'skip', limit: 2 })
  await using t = testApp(app, { now: '2026-05-01T12:00:30Z' })
  await t.clock.advance('2m')
  expect(ended).toHaveLength(1)
  expect(await t.schedules.get('twice')).toMatchObject({ state: 'active', fired: 1 })
  ended[0]?.()
  await t.clock.advance('1m')
  expect(ended).toHaveLength(2)
  expect(await t.schedules.get('twice')).toMatchObject({ state: 'over', fired: 2 })
  expect((await t.schedules.get('twice'))?.next).toBeUndefined()
  ended[1]?.()
  await t.clock.advance('10m')
  expect(ended).toHaveLength(2)
  const notes = (await t.schedules.history('twice')).map(({ outcome, reason }) => reason ?? outcome)
  expect(notes.reverse()).toEqual(['fired', 'overlap', 'fired', 'limit'])
})
