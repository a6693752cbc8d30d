// What a claim costs in the SQLite store when much is waiting, in pages read: a thousand, 400,000 and a million jobs in
// line, and a million scheduled and dead ones besides. Conformance level L3; `npm run bench` has the milliseconds.
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { legwork, task, unchecked } from 'legwork'
import { openDatabase } from 'legwork/sqlite'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ClaimedRows, claimedOf } from '../src/stores/sqlite/crossing/claims.ts'
import { engineOn } from '../src/stores/sqlite/engine.ts'
import { run } from '../src/stores/sqlite/verbs.ts'
import { freshFolder } from './fixtures/houses.mjs'

const noop = task('cost.noop', { input: unchecked<number>() })
const silent = { debug() {}, info() {}, warn() {}, error() {} }

/** Bytes that this process has read so far, by the kernel's count. Only Linux counts. */
const bytesRead = (): number => Number(/^rchar: (\d+)/m.exec(readFileSync('/proc/self/io', 'utf8'))?.[1])

describe.skipIf(process.platform !== 'linux')('a claim of 100, in pages read (counted by Linux)', () => {
  const folder = freshFolder('legwork-cost-')
  const file = join(folder, 'jobs.db')
  let lane = 0
  let filled = 0
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  beforeAll(async () => {
    const app = legwork({ store: file, log: silent })
    await app.enqueue(noop, 0)
    await app.stop()
  })

  /** Rows that no claim is to look at need no bodies; those in line have all they need. */
  async function fill(statements: (from: number) => readonly string[], rows: number): Promise<void> {
    const db = await openDatabase(file)
    db.exec('pragma synchronous = off; pragma cache_size = -200000; begin')
    lane = (db.prepare('select max(id) as id from legwork_lane').get() as { id: number }).id
    const from = 2 + filled
    const numbers = `with recursive n(i) as (select ${from} union all select i + 1 from n where i + 1 < ${from + rows})`
    for (const text of statements(from)) db.exec(text.replace('NUMBERS', numbers))
    db.exec('commit; pragma wal_checkpoint(truncate)')
    db.close()
    filled += rows
  }
  const ready = () => [
    `insert into legwork_job (seq, id, task_id, queue_id, version, priority, max_attempts, created_at_ms, payload)
      NUMBERS select i, 'job-' || i, 1, 1, 1, 5, 10, 1000, '{"i":1,"p":"${'x'.repeat(80)}"}' from n`,
    `insert into legwork_ticket (seq, state, queue_id, lane_id, sort_key, available_at_ms)
      NUMBERS select i, 3, 1, ${lane}, 1000 + i, 1000 + i from n`,
  ]
  const scheduled = () => [
    `insert into legwork_ticket (seq, state, queue_id, lane_id, sort_key, available_at_ms)
      NUMBERS select i, 1, 1, ${lane}, 9000000000000 + i, 9000000000000 + i from n`,
  ]
  const dead = () => [
    `insert into legwork_history (seq, state, queue_id, available_at_ms, finished_at_ms, fence, attempt, failures, losses,
      snoozes, releases) NUMBERS select i, 8, 1, 1000, 2000, 1, 1, 1, 0, 0, 0 from n`,
  ]

  /** Pages that one claim of 100 reads on a connection that has read nothing yet. */
  async function pagesOfClaim(): Promise<number> {
    const db = await openDatabase(file)
    const clock = { now: () => 5_000_000_000_000, monotonic: () => 1, boot: 'boot' }
    const e = engineOn(db, clock)
    const worker = `worker-${filled}`
    const about = {
      host: 'here',
      pid: 1,
      version: '0',
      queues: ['default'],
      tasks: [noop.name],
      concurrency: 1,
    }
    db.exec('begin immediate')
    run(e, 'beat', [{ worker, ttlMs: 60_000, about }])
    const before = bytesRead()
    const ask = { worker, call: 1, received: 0, limit: 100, queues: [{ name: 'default', limit: 100 }] }
    const rows = run(e, 'claim', [ask]) as ClaimedRows
    const read = bytesRead() - before
    db.exec('rollback')
    db.close()
    expect(claimedOf(rows).jobs).toHaveLength(100)
    return Math.round(read / 4_096)
  }

  test('is the same with a thousand, 400,000 and a million in line, and with a million scheduled or dead besides', async () => {
    await fill(ready, 1_000)
    const at1k = await pagesOfClaim()
    await fill(ready, 399_000)
    const at400k = await pagesOfClaim()
    await fill(ready, 600_000)
    const at1m = await pagesOfClaim()
    await fill(scheduled, 1_000_000)
    await fill(dead, 1_000_000)
    const besides = await pagesOfClaim()
    expect(at1k).toBeGreaterThan(4)
    // Each of some ten searches may go one or two levels deeper into its tree; nothing grows with the rows.
    for (const pages of [at400k, at1m, besides]) expect(pages).toBeLessThanOrEqual(at1k + 12)
  }, 120_000)
})
