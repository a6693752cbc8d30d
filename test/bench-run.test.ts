// `npm run bench` as people run it, at its smallest: figures, a table, all rows as JSON, and nothing left behind.
import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'

function freshFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'legwork-bench-run-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  mkdirSync(join(folder, 'files'))
  return folder
}
const own = ['--systems', 'legwork,raw-sqlite', '--quick', '--scale', '0.1']
const bench = (folder: string, ...args: string[]) => [
  'scripts/bench.mjs',
  ...own,
  ...['--folder', join(folder, 'files'), '--out', join(folder, 'rows.json')],
  ...args,
]

test('measures, prints a table, keeps the rows and removes its files', () => {
  const folder = freshFolder()
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    bench(folder, '--workloads', 'enq1,proc100,size', '--rounds', '2'),
    { encoding: 'utf8' },
  )
  expect({ status, stderr }).toMatchObject({ status: 0 })
  expect(stdout).toMatch(/proc100: process waiting jobs, concurrency 100/)
  expect(stdout).toMatch(/legwork +power-safe: journal_mode wal, synchronous full/)
  expect(stdout).toMatch(/against raw-sqlite, at least 0\.6x/)
  const { results, durability, machine } = JSON.parse(readFileSync(join(folder, 'rows.json'), 'utf8'))
  expect(Object.keys(results)).toEqual(['enq1', 'proc100', 'size'])
  expect(results.proc100.legwork).toHaveLength(2)
  expect(results.size.legwork).toHaveLength(1)
  for (const { rate, jobs, error } of results.proc100.legwork) {
    expect(error).toBeUndefined()
    expect(rate).toBeGreaterThan(0)
    expect(jobs).toBe(6_000)
  }
  expect(durability['raw-sqlite'].settings).toContain('synchronous full')
  expect(machine.node).toBe(process.version)
  expect(readdirSync(join(folder, 'files'))).toEqual([])

  const again = spawnSync(process.execPath, [
    'scripts/bench.mjs',
    '--from',
    join(folder, 'rows.json'),
    '--markdown',
  ])
  expect(String(again.stdout)).toMatch(/^\| process waiting jobs, concurrency 100, jobs\/s \| [\d,]+/m)
})

test('Ctrl-C ends it with what was measured so far, and removes its files', async () => {
  const folder = freshFolder()
  const child = spawn(process.execPath, bench(folder, '--workloads', 'enq100,proc100', '--rounds', '50'))
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (text) => (stdout += text))
  const measured = new Promise<void>((resolve) =>
    child.stderr.on('data', (text) => {
      stderr += text
      if (/enq100 +round 1 +legwork/.test(stderr)) resolve()
    }),
  )
  const gone = new Promise<number | null>((resolve) => child.once('exit', resolve))
  await measured
  child.kill('SIGINT')
  expect(await gone).toBe(130)
  expect(stderr).toContain('stopping')
  expect(stdout).toContain('enq100: enqueue, 100 in flight')
  expect(readdirSync(join(folder, 'files'))).toEqual([])
})
