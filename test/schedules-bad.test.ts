// What a schedule refuses, and how it says so.
import { InvalidOption, LegworkError, legwork, Refused, task, UnknownThing, unchecked } from 'legwork'
import { testApp } from 'legwork/testing'
import { expect, test } from 'vitest'
import { z } from 'zod'

const plain = task('plain')
const strict = task('strict', { input: z.object({ n: z.number() }) })

function refusal(options: object, name: unknown = 'nightly'): LegworkError {
  const app = legwork({ store: 'memory:' })
  try {
    app.schedule(name as string, { task: plain, ...options } as never)
  } catch (error) {
    if (error instanceof LegworkError) return error
    throw error
  }
  throw new Error('it was taken')
}

test.each([
  ['* * * *', /cron: got "\* \* \* \*", expected five fields/],
  ['', /five fields/],
  [7, /five fields/],
  ['*/0 * * * *', /minute field where it has "\*\/0"/],
  ['60 * * * *', /minute field where it has "60": 0-59/],
  ['0 25 * * *', /hour field where it has "25": 0-23/],
  ['0 0 32 * *', /day of month field where it has "32": 1-31/],
  ['0 0 0 * *', /day of month field/],
  ['0 0 * 13 *', /month field where it has "13": 1-12/],
  ['0 0 * * 8', /day of week field where it has "8": 0-7/],
  ['0 0 * * MON#6', /day of week field/],
  ['61 0 0 * * *', /second field where it has "61"/],
  ['5/15 * * * *', /minute field/],
  ['H * * * *', /minute field where it has "H"/],
  ['@reboot', /one of @yearly/],
  ['@every 5m', /five fields/],
  ['2026-01-01T00:00:00', /five fields/],
  ['* * * * * * 2030', /five fields/],
])('the expression %j is refused, and the field is named', (cron, says) => {
  const error = refusal({ cron })
  expect(error).toBeInstanceOf(InvalidOption)
  expect(error.code).toBe('LW1221')
  expect(error.message).toMatch(says)
  expect(error.message).toContain('schedule nightly: cron')
})

test.each(['0 0 30 2 *', '0 0 31 4,6,9,11 *', '0 0 31W 2 *', '0 0 30 2 +1'])(
  'the expression %j never comes, which is said at once',
  (cron) => {
    const startedAt = performance.now()
    const error = refusal({ cron })
    expect(error.code).toBe('LW1223')
    expect(performance.now() - startedAt).toBeLessThan(2_000)
  },
)

test('a time that is always left out never comes where the policy skips it', () => {
  const options = { cron: '30 2 * 3 SUN#L', tz: 'Europe/Oslo', dst: { gap: 'skip' } }
  expect(refusal(options).code).toBe('LW1223')
})

test.each([
  ['Europe/Olso', /did you mean Europe\/Oslo/],
  ['Mars/Olympus', /time zone of the IANA database/],
  ['+01:00', /time zone/],
  [1, /time zone/],
])('the zone %j is refused', (tz, says) => {
  const error = refusal({ cron: '@daily', tz })
  expect(error.code).toBe('LW1222')
  expect(error.message).toMatch(says)
})

test.each([
  [{}, /either cron/],
  [{ cron: '@daily', every: '1m' }, /either cron/],
  [{ every: '500ms' }, /every/],
  [{ every: 'soon' }, /every/],
  [{ every: '1m', tz: 'UTC' }, /tz: .*nothing beside every/],
  [{ cron: '@daily', overlap: 'skp' }, /did you mean skip/],
  [{ cron: '@daily', missed: { run: 'some' } }, /missed\.run/],
  [{ cron: '@daily', missed: { runs: 'all' } }, /did you mean run/],
  [{ cron: '@daily', dst: { gap: 'first' } }, /dst\.gap/],
  [{ cron: '@daily', jitter: -1 }, /jitter/],
  [{ cron: '@daily', limit: 0 }, /limit/],
  [{ cron: '@daily', cronn: 1 }, /did you mean cron/],
])('options %j are refused', (options, says) => {
  const error = refusal(options)
  expect(error.code).toBe('LW1201')
  expect(error.message).toMatch(says)
})

test('dates, names, tasks and doubles are checked too', () => {
  expect(refusal({ cron: '@daily', start: new Date('x') }).code).toBe('LW1202')
  const over = { start: new Date('2030-01-02'), end: new Date('2030-01-01') }
  expect(refusal({ cron: '@daily', ...over }).code).toBe('LW1223')
  expect(refusal({ cron: '@daily' }, 'no name!').code).toBe('LW1201')
  expect(refusal({ cron: '@daily' }, 'n'.repeat(101)).message).toContain('100 characters')
  expect(refusal({ cron: '@daily', task: 'plain' }).code).toBe('LW1101')
  const app = legwork({ store: 'memory:' }).schedule('twice', { cron: '@daily', task: plain })
  expect(() => app.schedule('twice', { cron: '@hourly', task: plain })).toThrow(/LW1224/)
  expect(() => legwork({ deployedAt: 'yesterday' })).toThrow(/deployedAt/)
})

test('a schedule of code whose end has passed is over, and no mistake', async () => {
  const app = legwork({ store: 'memory:' }).handle(plain, () => {})
  app.schedule('done', { every: '1m', task: plain, end: new Date('2020-01-01') })
  await using t = testApp(app)
  await t.clock.advance('10m')
  expect(await t.schedules.get('done')).toMatchObject({ state: 'over', fired: 0 })
})

test('an input that does not fit its task keeps start from starting', async () => {
  const app = legwork({ store: 'memory:' }).handle(strict, () => {})
  app.schedule('wrong', { cron: '@daily', task: strict, input: { n: 'one' as never } })
  await expect(app.start()).rejects.toMatchObject({ code: 'LW1102' })
  await app.stop()
})

test('at run time', async () => {
  const app = legwork({ store: 'memory:' })
    .handle(plain, () => {})
    .handle(strict, () => {})
  app.schedule('coded', { cron: '@daily', task: plain })
  await using t = testApp(app)
  await t.drain()
  const { schedules } = t
  const refused = async (call: Promise<unknown>) =>
    (await call.catch((error: unknown) => error)) as LegworkError
  expect(await refused(schedules.set('x', { cron: '0 0 30 2 *', task: plain }))).toMatchObject({
    code: 'LW1223',
  })
  expect(
    await refused(schedules.set('x', { cron: '@daily', task: strict, input: {} as never })),
  ).toMatchObject({
    code: 'LW1102',
  })
  expect(
    await refused(schedules.set('x', { cron: '@daily', task: plain, input: (() => 1) as never })),
  ).toMatchObject({
    code: 'LW1201',
  })
  const sealed = task('sealed', { input: unchecked<{ to: string }>(), redact: ['to'] })
  expect(
    await refused(schedules.set('x', { cron: '@daily', task: sealed, input: { to: 'a' } })),
  ).toMatchObject({
    code: 'LW1201',
  })
  expect(await refused(schedules.set('coded', { cron: '@daily', task: plain }))).toBeInstanceOf(Refused)
  expect(await refused(schedules.remove('coded'))).toMatchObject({ code: 'LW2304' })
  const unknown = await refused(schedules.pause('codde'))
  expect(unknown).toBeInstanceOf(UnknownThing)
  expect(unknown.message).toContain('Did you mean coded?')
  expect(await schedules.remove('never')).toBe(false)
  const range = { from: new Date('2025-12-01'), to: new Date('2025-12-02') }
  const future = { ...range, to: new Date('2027-01-01') }
  expect(await refused(schedules.backfill('coded', future))).toMatchObject({ code: 'LW1201' })
  expect(await refused(schedules.backfill('coded', { ...range, from: future.to }))).toMatchObject({
    code: 'LW1201',
  })
  expect(await refused(schedules.backfill('coded', { ...range, concurrency: 0 }))).toMatchObject({
    code: 'LW1201',
  })
  expect(await refused(schedules.next('coded', 0))).toMatchObject({ code: 'LW1201' })
  expect(await schedules.list()).toHaveLength(1)
})

test('ids that name slots cannot be taken by a producer', async () => {
  const any = task('any', { input: unchecked<number>() })
  await using t = testApp(legwork({ store: 'memory:' }).handle(any, () => {}))
  await expect(t.enqueue(any, 1, { id: 'schedule:nightly@2026-01-01T00:00:00.000Z' })).rejects.toThrow(
    /begin with schedule:/,
  )
})
