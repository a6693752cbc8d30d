// The benchmark's own honesty on Postgres: the raw baseline writes what Legwork writes.
import pg from 'pg'
import { expect, onTestFinished, test } from 'vitest'
import { open as openLegwork } from '../../bench/systems/legwork.mjs'
import { open as openRaw } from '../../bench/systems/raw-postgres.mjs'
import { startPostgres } from '../fixtures/postgres.mjs'

const jobs = 40
const input = { i: 1, t: 0, p: 'x' }
const tables = [
  'job',
  'ticket',
  'attempt',
  'history',
  'lane',
  'tag',
  'unique_key',
  'slot',
  'dead',
  'checkpoint',
]

/** Rows of each table, which columns hold something, and the counters, folded or not. */
async function shape(client: pg.Client) {
  const found: Record<string, { readonly rows: number; readonly filled: readonly string[] }> = {}
  // Of jobs that were completed by one call there is one row, and how many a call takes is chance.
  const each = 'select last_id, expires_at_ms, unnest(seqs) as seq from legwork.endings'
  for (const name of [...tables, 'endings']) {
    const { rows } = await client.query(name === 'endings' ? each : `select * from legwork.${name}`)
    const filled = Object.keys(rows[0] ?? {}).filter((column) => rows.some((row) => row[column] !== null))
    found[name] = { rows: rows.length, filled }
  }
  const { rows: counters } = await client.query(
    `select state, sum(n)::int as n from (select state, n from legwork.tally union all select state, n from legwork.tally_change) t
     group by 1 having sum(n) <> 0 order by 1`,
  )
  return { found, counters }
}

async function drained(open: typeof openLegwork, url: string) {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  const system = await open({ url })
  const { level, settings } = await system.durability()
  onTestFinished(async () => {
    await client.end()
  })
  await system.enqueueMany(Array.from({ length: jobs / 2 }, () => input))
  await Promise.all(Array.from({ length: jobs / 2 }, () => system.enqueue(input)))
  const waiting = await shape(client)
  let ran = 0
  let tellAll = (): void => {}
  const all = new Promise<void>((resolve) => (tellAll = resolve))
  const onJob = async () => void (++ran === jobs && tellAll())
  const worker = await system.startWorker({ concurrency: 4, onJob })
  await all
  await worker.stop()
  await system.close()
  return { waiting, finished: await shape(client), level, settings }
}

test('the raw baseline writes the rows that Legwork writes, as durably', async () => {
  const server = await startPostgres()
  onTestFinished(() => server.stop())
  const admin = new pg.Client({ connectionString: server.url })
  await admin.connect()
  for (const name of ['ours', 'raw']) await admin.query(`create database ${name}`)
  await admin.end()
  const at = (name: string) => server.url.replace(/[^/]*$/, name)
  const ours = await drained(openLegwork, at('ours'))
  const raw = await drained(openRaw, at('raw'))
  expect(raw).toEqual(ours)
  expect(ours.waiting.found['ticket']?.rows).toBe(jobs)
  expect(ours.finished.found['history']?.rows).toBe(jobs)
  expect(ours.finished.counters).toEqual([
    { state: 7, n: jobs },
    { state: 20, n: jobs },
    { state: 21, n: jobs },
  ])
})
