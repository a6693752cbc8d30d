// Must hold with real processes: each slot has one job, whoever dies and whosever clock is wrong. The stories take the time that
// they tell of, each on a file of its own, so all are told at the same time.
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type App, legwork, type SlotHistory } from 'legwork'
import { expect, test } from 'vitest'
import { type Proc, start } from './house.ts'

const second = 1_000
const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
const libraries = [
  '/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1',
  '/usr/lib/aarch64-linux-gnu/faketime/libfaketime.so.1',
  '/usr/lib64/faketime/libfaketime.so.1',
]

type Options = Readonly<Record<string, unknown>>

/** Schedulers on one file, ended and swept away at the end. */
function stage(schedules: Readonly<Record<string, Options>>) {
  const folder = mkdtempSync(join(tmpdir(), 'legwork-schedules-'))
  const file = join(folder, 'jobs.db')
  const app: App = legwork(file)
  const procs: Proc[] = []
  return {
    app,
    async scheduler(env: Readonly<Record<string, string>> = {}): Promise<Proc> {
      const proc = start(['test/life/fixtures/scheduler.mjs', JSON.stringify({ file, schedules })], env)
      procs.push(proc)
      await proc.until(({ ready }) => ready === true, 'the scheduler to be ready')
      return proc
    },
    async [Symbol.asyncDispose]() {
      for (const { child } of procs) child.kill('SIGKILL')
      await Promise.all(procs.map(({ exit }) => exit))
      await app.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** The instants of a schedule's jobs, in order. */
async function firedAt(app: App, name: string): Promise<number[]> {
  const store = await app.store()
  const found: number[] = []
  let cursor: string | undefined
  do {
    const page = await store.find(
      { task: `${name}-task` },
      { limit: 500, ...(cursor !== undefined && { cursor }) },
    )
    found.push(...page.jobs.map(({ schedule }) => schedule?.at ?? 0))
    cursor = page.cursor
  } while (cursor !== undefined)
  return found.sort((a, b) => a - b)
}

/** The slots of every second after `from`, up to `to`. */
const seconds = (from: number, to: number): number[] => {
  const first = Math.floor(from / second) + 1
  return Array.from({ length: Math.floor(to / second) - first + 1 }, (_, i) => (first + i) * second)
}

test.concurrent('four schedulers, killed now and then, one with a clock an hour ahead: 60 slots, 60 jobs', async () => {
  const faketime = libraries.find((path) => existsSync(path))
  expect(faketime, 'libfaketime is installed: apt-get install libfaketime').toBeDefined()
  await using s = stage({ tick: { every: '1s', overlap: 'allow' } })
  const shifted = await s.scheduler({ LD_PRELOAD: faketime as string, FAKETIME: '+1h' })
  const honest = [await s.scheduler(), await s.scheduler(), await s.scheduler()]
  const from = Date.now()
  const to = from + 60 * second
  for (let kill = 0; Date.now() < to - 6 * second; kill++) {
    await wait(5 * second)
    const at = kill % honest.length
    honest[at]?.child.kill('SIGKILL')
    honest[at] = await s.scheduler()
  }
  await wait(to - Date.now() + second)
  const expected = seconds(from, to)
  expect(expected).toHaveLength(60)
  const fired = (await firedAt(s.app, 'tick')).filter((at) => at > from && at <= to)
  expect(fired).toEqual(expected)
  expect(shifted.child.exitCode).toBeNull()
  // None for an hour that has not come.
  expect((await firedAt(s.app, 'tick')).every((at) => at <= Date.now())).toBe(true)
  const history = await s.app.schedules.history('tick', { limit: 200 })
  expect(history.filter(({ outcome }) => outcome === 'skipped')).toEqual([])
})

test.concurrent('with only a shifted clock slots still come at their time', async () => {
  const faketime = libraries.find((path) => existsSync(path))
  expect(faketime, 'libfaketime is installed: apt-get install libfaketime').toBeDefined()
  await using s = stage({ tick: { every: '1s', overlap: 'allow' } })
  await s.scheduler({ LD_PRELOAD: faketime as string, FAKETIME: '-1h' })
  const from = Date.now()
  await wait(5 * second)
  const expected = seconds(from, from + 4 * second)
  expect((await firedAt(s.app, 'tick')).filter((at) => expected.includes(at))).toEqual(expected)
})

test.concurrent('frozen altogether and continued: exactly what each policy says', async () => {
  const missed = (run: string, within = '1h') => ({ every: '1s', overlap: 'allow', missed: { run, within } })
  await using s = stage({
    last: missed('last'),
    all: missed('all'),
    none: missed('none'),
    short: missed('all', '5s'),
  })
  const procs = [await s.scheduler(), await s.scheduler()]
  await wait(2 * second)
  for (const { child } of procs) child.kill('SIGSTOP')
  // What was on its way into the file is there.
  await wait(500)
  const before = await lastSlots(s.app)
  await wait(10 * second)
  for (const { child } of procs) child.kill('SIGCONT')
  await wait(3 * second)
  for (const { child } of procs) child.kill('SIGSTOP')
  const skipped = await skips(s.app)
  const fired = Object.fromEntries(
    await Promise.all(
      ['last', 'all', 'none', 'short'].map(async (name) => [name, await firedAt(s.app, name)] as const),
    ),
  ) as Record<string, number[]>
  const gapOf = (name: string) => seconds(before[name] ?? 0, (fired[name]?.at(-1) ?? 0) - 1)
  const inGap = (name: string, end: number) =>
    (fired[name] ?? []).filter((at) => at > (before[name] ?? 0) && at <= end)
  // All: no second without its job.
  expect(inGap('all', fired['all']?.at(-1) ?? 0)).toEqual(
    seconds(before['all'] ?? 0, fired['all']?.at(-1) ?? 0),
  )
  expect(skipped['all']).toEqual([])
  // Last: the seconds of the freeze but the newest are missed, in one row of its history.
  const [lost] = skipped['last'] ?? []
  expect(lost).toMatchObject({ reason: 'missed' })
  expect(skipped['last']).toHaveLength(1)
  const lostTo = lost?.until?.getTime() ?? 0
  expect(lost?.at.getTime()).toBe((before['last'] ?? 0) + second)
  expect(lost?.count).toBe((lostTo - (before['last'] ?? 0)) / second)
  expect(lost?.count).toBeGreaterThanOrEqual(9)
  expect(inGap('last', lostTo)).toEqual([])
  expect(fired['last']).toContain(lostTo + second)
  // None: what is more than three seconds late has no job.
  const gone = (skipped['none'] ?? []).reduce((sum, { count }) => sum + count, 0)
  expect(gone).toBeGreaterThanOrEqual(6)
  expect(gone + inGap('none', Infinity).length).toBe(
    seconds(before['none'] ?? 0, fired['none']?.at(-1) ?? 0).length,
  )
  // Within five seconds: older slots are over the window, younger ones run.
  expect(skipped['short']).toMatchObject([{ reason: 'window' }])
  expect(gapOf('short').length).toBeGreaterThan(inGap('short', Infinity).length)
})

async function lastSlots(app: App): Promise<Record<string, number>> {
  const store = await app.store()
  const found = await store.schedules.list({ limit: 10 })
  return Object.fromEntries(found.map(({ name, cursorAt }) => [name, cursorAt]))
}

async function skips(app: App): Promise<Record<string, SlotHistory[]>> {
  const names = (await app.schedules.list()).map(({ name }) => name)
  const rows = names.map(async (name) => {
    const history = await app.schedules.history(name, { limit: 200 })
    return [name, history.filter(({ outcome }) => outcome === 'skipped')] as const
  })
  return Object.fromEntries(await Promise.all(rows)) as Record<string, SlotHistory[]>
}
