// The benchmark's own honesty: the raw baseline writes what Legwork writes, every target is decided from real names,
// and the command line refuses what it does not know.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openDatabase } from 'legwork/sqlite'
import { expect, onTestFinished, test } from 'vitest'
import { open as openLegwork } from '../bench/systems/legwork.mjs'
import { open as openRaw } from '../bench/systems/raw-sqlite.mjs'
import { systems, systemsOf } from '../bench/systems/index.mjs'
import { judge } from '../bench/targets.mjs'
import { workloads } from '../bench/workloads.mjs'

const jobs = 40
const input = { i: 1, t: 0, p: 'x' }

function fileIn(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'legwork-bench-test-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return join(folder, name)
}

/** What stands in the file: rows of each table, and which columns hold something. */
async function shape(path: string) {
  const db = await openDatabase(path)
  const names = (
    db.prepare(`select name from sqlite_schema where type = 'table' and name like 'legwork_%'`).all() as {
      name: string
    }[]
  ).map(({ name }) => name)
  // What a worker leaves about itself and the store is no row of a job.
  const about = ['legwork_worker', 'legwork_runner', 'legwork_meta', 'legwork_sample']
  const tables = names
    .filter((name) => !about.includes(name))
    .map((name) => {
      const rows = db.prepare(`select * from ${name}`).all() as Record<string, unknown>[]
      const filled = Object.keys(rows[0] ?? {}).filter((column) => rows.some((row) => row[column] !== null))
      return [name, { rows: rows.length, filled }]
    })
  db.close()
  return Object.fromEntries(tables)
}

async function drained(open: typeof openLegwork, path: string) {
  const system = await open({ file: path })
  await system.enqueueMany(Array.from({ length: jobs / 2 }, () => input))
  await Promise.all(Array.from({ length: jobs / 2 }, () => system.enqueue(input)))
  const waiting = await shape(path)
  let ran = 0
  let tellAll = (): void => {}
  const all = new Promise<void>((resolve) => (tellAll = resolve))
  const worker = await system.startWorker({
    concurrency: 4,
    onJob: async () => void (++ran === jobs && tellAll()),
  })
  await all
  await worker.stop()
  await system.close()
  return { waiting, finished: await shape(path) }
}

test('the raw baseline writes the rows that Legwork writes', async () => {
  const ours = await drained(openLegwork, fileIn('ours.db'))
  const raw = await drained(openRaw, fileIn('raw.db'))
  expect(raw).toEqual(ours)
  expect(ours.waiting.legwork_ticket.rows).toBe(jobs)
  expect(ours.finished.legwork_history.rows).toBe(jobs)
})

test('both sides say how durable they are, and it is the same', async () => {
  for (const open of [openLegwork, openRaw]) {
    const system = await open({ file: fileIn('jobs.db') })
    expect(await system.durability()).toMatchObject({
      level: 'power-safe',
      settings: 'journal_mode wal, synchronous full',
    })
    await system.close()
  }
})

test('a target that cannot be told is neither met nor missed, and a failed round counts for nothing', () => {
  const rows = (...values: number[]) => values.map((rate) => ({ rate }))
  const results = {
    enq100: { legwork: rows(300, 320, 280), plainjob: [...rows(100), { error: 'broke' }] },
  }
  expect(judge('enq100', { engine: 'sqlite', results }).map(({ met, value }) => [met, value])).toEqual([
    [true, 3],
    [undefined, Number.NaN],
  ])
  expect(
    judge('enq100', { engine: 'sqlite', results: { enq100: { legwork: rows(290), plainjob: rows(100) } } })[0]
      ?.met,
  ).toBe(false)
})

test('each workload names systems, kinds and workloads that exist', () => {
  const kinds = Object.values(systems).map(({ kind }) => kind)
  for (const { without = [], targets = {} } of Object.values(workloads)) {
    for (const name of without) expect([...Object.keys(systems), ...kinds]).toContain(name)
    for (const { than } of Object.values(targets).flat()) if (than) expect(workloads).toHaveProperty([than])
  }
})

test('every engine has one system of ours, and targets for it', () => {
  for (const engine of ['sqlite', 'postgres', 'redis']) {
    expect(systemsOf(engine).filter((name) => systems[name]?.kind === 'ours')).toHaveLength(1)
    const hasRaw = systemsOf(engine).some((name) => systems[name]?.kind === 'raw')
    expect(workloads.enq100?.targets?.[engine]).toHaveLength(hasRaw ? 2 : 1)
  }
})

test.each([
  [['--workloads', 'enq100,prok1'], 'There is no workload "prok1". There are: enq1, enq100'],
  [['--systems', 'bull'], 'There is no system "bull". There are: legwork, raw-sqlite'],
  [['--systems', 'legwork,bullmq'], 'legwork runs on sqlite and bullmq on redis: one run compares'],
  [['--engine', 'mysql'], 'There is no engine "mysql". There are: sqlite, postgres, redis'],
  [['--rounds', '0'], '--rounds 0: a whole number from 1 to 100'],
  [['--scale', '0'], '--scale 0: a number above 0'],
  [['--folder', '/no/such/folder'], '--folder /no/such/folder: there is no such folder'],
  [['--from', '/no/such/file'], '--from /no/such/file:'],
  [['--fast'], '--fast'],
])('npm run bench -- %j is refused before anything is measured', (args, said) => {
  const { status, stderr } = spawnSync(process.execPath, ['scripts/bench.mjs', ...args], { encoding: 'utf8' })
  expect({ status, stderr }).toEqual({ status: 2, stderr: expect.stringContaining(said) })
})
