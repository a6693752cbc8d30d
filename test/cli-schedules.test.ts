// `legwork schedules` on a real file.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { legwork, task } from 'legwork'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { cli, json } from './cli-kit.ts'

const folder = mkdtempSync(join(tmpdir(), 'legwork-cli-schedules-'))
const where = { cwd: folder, env: { LEGWORK_URL: join(folder, 'jobs.db') } }
const plain = task('plain')

beforeAll(async () => {
  const app = legwork(where.env.LEGWORK_URL)
  await app.schedules.set('nightly', { cron: '30 2 * * *', tz: 'Europe/Oslo', task: plain })
  await app.stop()
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('an empty store says so', async () => {
  const empty = mkdtempSync(join(tmpdir(), 'legwork-cli-empty-'))
  const there = { cwd: empty, env: { LEGWORK_URL: join(empty, 'jobs.db') } }
  await cli(['migrate'], there)
  const { code, out, err } = await cli(['schedules', 'list'], there)
  expect([code, out]).toEqual([0, ''])
  expect(err).toContain('No schedules')
  rmSync(empty, { recursive: true, force: true })
})

test('list, show and next tell when in words, and as JSON', async () => {
  const { out } = await cli(['schedules', 'list'], where)
  expect(out).toMatch(/SCHEDULE +STATE +WHEN +NEXT +TASK +FIRED/)
  expect(out).toMatch(/nightly +active +daily at 02:30, Europe\/Oslo +in /)
  const { items } = await json<{ items: object[] }>(['schedules', 'list'], where)
  expect(items).toMatchObject([{ name: 'nightly', cron: '30 2 * * *', tz: 'Europe/Oslo', state: 'active' }])
  expect((await cli(['schedules', 'show', 'nightly'], where)).out).toMatch(/upcoming +\d{4}-/)
  const { next } = await json<{ next: string[] }>(['schedules', 'next', 'nightly', '--count', '3'], where)
  expect(next).toHaveLength(3)
})

test('pause, resume and trigger', async () => {
  const paused = await cli(['schedules', 'pause', 'nightly', '--reason', 'vendor outage'], where)
  expect(paused.out).toContain('nightly  paused')
  expect((await cli(['schedules', 'list'], where)).out).toMatch(/paused .*vendor outage/)
  expect((await cli(['schedules', 'resume', 'nightly'], where)).out).toMatch(/nightly {2}active; next at /)
  const first = await cli(['schedules', 'trigger', 'nightly'], where)
  expect([first.code, first.out]).toEqual([0, expect.stringMatching(/^schedule:nightly@/)])
  const second = await cli(['schedules', 'trigger', 'nightly'], where)
  expect(second.code).toBe(4)
  expect(second.err).toContain('skipped (overlap)')
  const held = await json(['schedules', 'trigger', 'nightly', '--overlap', 'bufferOne'], where)
  expect(held).toMatchObject({ outcome: 'held' })
  expect((await cli(['why', String(held['job'])], where)).out).toMatch(
    /waits for an earlier job of schedule nightly/,
  )
  const { items } = await json<{ items: object[] }>(['schedules', 'history', 'nightly'], where)
  expect(items).toMatchObject([
    { outcome: 'held' },
    { outcome: 'skipped', reason: 'overlap' },
    { outcome: 'fired' },
  ])
})

test('backfills are listed and ended', async () => {
  const range = ['--from', '2026-01-01', '--to', '2026-01-03']
  const made = await json<{ id: string }>(['schedules', 'backfill', 'nightly', ...range], where)
  expect((await cli(['schedules', 'backfills', 'nightly'], where)).out).toContain(made.id)
  expect((await cli(['schedules', 'backfills', 'nightly', '--cancel', made.id], where)).err).toContain(
    'No backfills',
  )
  const again = await cli(['schedules', 'backfills', 'nightly', '--cancel', made.id], where)
  expect(again.code).toBe(3)
})

test('what cannot be done is refused with a reason', async () => {
  const unknown = await cli(['schedules', 'pause', 'nihgtly'], where)
  expect([unknown.code, unknown.err]).toEqual([3, expect.stringContaining('Did you mean nightly?')])
  expect((await cli(['schedules', 'trigger', 'nightly', '--input', '{'], where)).code).toBe(2)
  expect((await cli(['schedules', 'trigger', 'nightly', '--overlap', 'some'], where)).code).toBe(2)
  expect((await cli(['schedules', 'backfill', 'nightly', '--from', 'x', '--to', 'y'], where)).code).toBe(2)
  expect((await cli(['schedules', 'backfill', 'nightly'], where)).code).toBe(2)
  expect((await cli(['schedules', 'remove', 'nightly'], where)).out).toContain('removed')
  expect((await cli(['schedules', 'remove', 'nightly'], where)).code).toBe(3)
})
