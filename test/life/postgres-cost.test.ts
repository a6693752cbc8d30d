// What a worker's calls cost on Postgres when much is waiting, in pages touched: with statistics of an almost empty store, and beside a
// transaction that keeps dead rows from being cleaned up. Conformance level L3.
import { postgres } from 'legwork/postgres'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startPostgres, type TestServer } from '../fixtures/postgres.mjs'

let server: TestServer
let admin: pg.Client
let filled = 1

beforeAll(async () => {
  // What the statistics say stays as wrong as it is.
  server = await startPostgres({ autovacuum: 'off', shared_buffers: '512MB', max_wal_size: '4GB' })
  const store = postgres(server.url)
  await store.open()
  const about = { host: 'h', pid: 1, version: '1', queues: ['q'], tasks: ['t'], concurrency: 1 }
  await store.beat({ worker: 'w', ttlMs: 86_400_000, about })
  const rest = { version: 1, priority: 5, maxAttempts: 3, tags: [] as string[] }
  const retain = { completed: 86_400_000, cancelled: 604_800_000, dead: null }
  await store.enqueue([{ id: 'first', task: 't', queue: 'q', payload: '{}', retain, ...rest }])
  await store.close()
  admin = new pg.Client({ connectionString: server.url })
  await admin.connect()
  await admin.query('analyze')
}, 60_000)
afterAll(async () => {
  await admin.end()
  await server.stop()
})

/** Jobs in line, and as many that are scheduled, as an enqueue would write them. */
async function fill(upTo: number): Promise<void> {
  const range = `generate_series(${filled + 1}, ${upTo}) as i`
  await admin.query(`insert into legwork.job (seq, id, task_id, queue_id, version, max_attempts, priority, created_at_ms, payload)
    select i, 'job-' || i, 1, 1, 1, 3, 5, 1000, '{"n":1}' from ${range}`)
  await admin.query(`insert into legwork.ticket (seq, state, queue_id, lane_id, sort_key, available_at_ms)
    select i, case when i % 2 = 0 then 3 else 1 end, 1, 1, 1000 + i, case when i % 2 = 0 then 1000 else 9000000000000 end + i from ${range}`)
  await admin.query(`select setval(pg_get_serial_sequence('legwork.job', 'seq'), ${upTo})`)
  filled = upTo
}

/** Pages that one call touches once its plans are made, and its answer. */
async function pagesOf(verb: string, arg: object): Promise<number> {
  const text = JSON.stringify(arg)
  const { rows } = await admin.query(
    `explain (analyze, buffers, verbose, format json) select legwork.${verb}('${text.replaceAll("'", "''")}')`,
  )
  const [{ Plan: plan }] = rows[0]['QUERY PLAN']
  return plan['Shared Hit Blocks'] + plan['Shared Read Blocks']
}

let call = 0
const ask = (limit: number) => ({
  worker: 'w',
  ask: { call: ++call, received: call - 1, limit, queues: [{ name: 'q', limit: 1_000 }] },
})

/** Claims so many and settles them, and enqueues as many; then the store is as before. */
async function costs(n = 100): Promise<{
  readonly claim: number
  readonly settle: number
  readonly enqueue: number
}> {
  let found = { claim: 0, settle: 0, enqueue: 0 }
  // The first round makes the plans.
  for (let round = 0; round < 2; round++) {
    await admin.query('begin')
    const claim = await pagesOf('exchange_v1', ask(n))
    const { rows } = await admin.query(
      `select j.id, j.seq from legwork.ticket t join legwork.job j using (seq) where t.state = 5 order by t.seq limit ${n}`,
    )
    expect(rows).toHaveLength(n)
    const done = { s: `{${rows.map(({ seq }) => seq)}}`, ids: rows.map(({ id }) => id), d1: 'd' }
    const settle = await pagesOf('exchange_v1', { worker: 'w', n, done })
    const kinds = [{ task: 't', queue: 'q', version: 1, priority: 5, maxAttempts: 3 }]
    const enqueue = await pagesOf('enqueue_v1', {
      kinds,
      ids: rows.map((_, i) => `new-${call}-${i}`),
      payloads: rows.map(() => '{}'),
    })
    await admin.query('rollback')
    found = { claim, settle, enqueue }
  }
  return found
}

test('claim, settle and enqueue of 100 cost the same at 1,000 and at 400,000 jobs, whatever the statistics say', async () => {
  // Plans are kept as they were made: while there was one job.
  await costs(1)
  await fill(1_000)
  const few = await costs()
  await fill(400_000)
  const many = await costs()
  for (const verb of ['claim', 'settle', 'enqueue'] as const)
    expect(many[verb], `${verb}: ${few[verb]} pages at 1,000`).toBeLessThan(few[verb] * 1.5)
  await admin.query('analyze')
  const known = await costs()
  for (const verb of ['claim', 'settle', 'enqueue'] as const)
    expect(known[verb], `${verb} with true statistics`).toBeLessThan(few[verb] * 1.5)
}, 120_000)
