// What is kept, as people say it and see it on the command line.
import { expect, test } from 'vitest'
import { cli, folder, json } from './cli-kit.ts'

interface Listed {
  readonly policy: unknown
  readonly items: readonly Readonly<Record<string, unknown>>[]
}

test('retention is set, changed in part, listed and cleared, and doctor tells it', async () => {
  const where = { cwd: folder(), env: { LEGWORK_URL: './jobs.db' } }
  await cli(['migrate'], where)
  const first = await cli(['retention', 'set', '--state', 'dead', '--age', '90d', '--count', '100000'], where)
  expect(first).toMatchObject({ code: 0, out: 'kept: dead 90d, at most 100000\nbefore: the defaults\n' })
  const foreseen = await cli(['retention', 'set', '--state', 'dead', '--forever', '--dry-run'], where)
  expect(foreseen.out).toMatch(/^would be kept: dead for ever, at most 100000\n/)
  await cli(['retention', 'set', '--state', 'completed', '--bytes', '1gb', '--queue', 'mails'], where)
  const { policy, items } = await json<Listed>(['retention'], where)
  expect(policy).toEqual({
    dead: { ageMs: 7_776_000_000, count: 100_000 },
    queues: { mails: { completed: { bytes: 1_073_741_824 } } },
  })
  expect(items).toContainEqual({ state: 'completed', ageMs: 86_400_000, kept: 0 })
  expect(items).toContainEqual({ queue: 'mails', state: 'completed', bytes: 1_073_741_824, kept: 0 })
  const { size } = await json<{ size: Record<string, unknown> }>(['doctor'], where)
  expect(size).toMatchObject({
    ...{ enqueued: 0, live: 0, completed: 0, dead: 0, cancelled: 0 },
    growth: { hour: null, day: null, week: null },
    retention: { policy, ages: { completed: 86_400_000, dead: 7_776_000_000, cancelled: 604_800_000 } },
    disk: { log: expect.any(Number), free: expect.any(Number) },
  })
  expect(size['bytes']).toBeGreaterThan(100_000)
  const { out } = await cli(['doctor'], where)
  expect(out).toMatch(
    /✔ retention +completed 24h; dead 90d, at most 100000; cancelled 7d, and mails: completed/,
  )
  expect((await cli(['retention', 'clear', '--queue', 'mails'], where)).out).toMatch(/^kept: dead 90d/)
  expect((await cli(['retention', 'clear'], where)).out).toMatch(/^kept: the defaults\n/)
  expect((await json<Listed>(['retention', 'list'], where)).policy).toBeNull()
})

test('what cannot be meant is refused with exit 2, and changes nothing', async () => {
  const where = { cwd: folder(), env: { LEGWORK_URL: './jobs.db' } }
  await cli(['migrate'], where)
  for (const [args, says] of [
    [['--state', 'dead', '--count', '-1'], "option '--count <n>' argument '-1' is invalid"],
    [['--state', 'dead', '--bytes', '10 apples'], '--bytes: got "10 apples"'],
    [['--state', 'dead', '--age', '0'], "option '--age <time>' argument '0' is invalid"],
    [['--state', 'deed', '--count', '1'], 'Did you mean dead?'],
    [['--state', 'dead'], 'any of --age, --forever, --count and --bytes'],
    [['--count', '5'], '--state'],
    [['--state', 'dead', '--count', '5', '--queue', 'a b'], '--queue: got "a b"'],
    [['--state', 'dead', '--age', '1d', '--forever'], 'cannot be used with'],
  ] as const) {
    const { code, err } = await cli(['retention', 'set', ...args], where)
    expect([args, code]).toEqual([args, 2])
    expect(err).toContain(says)
  }
  expect((await json<Listed>(['retention'], where)).policy).toBeNull()
})
