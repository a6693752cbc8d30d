// Postgres behind PgBouncer in transaction mode: no prepared statements, no session, no notifications.
import { legwork, task, unchecked } from 'legwork'
import { postgres } from 'legwork/postgres'
import pg from 'pg'
import sql from 'postgres'
import { describe, expect, test } from 'vitest'
import { play } from '../conformance/play.ts'
import { pgbouncer } from '../fixtures/pgbouncer.mjs'

describe('promises', () =>
  play('pgbouncer', ({ id }) => /^(enqueue|joining|claim|settle|lease|schedule)\./.test(id)))

const double = task('double', { input: unchecked<{ n: number }>(), retry: { attempts: 2 } })

/** What a worker makes of 200 jobs, with another that runs beside it. */
async function work(schema: string, makeStore: () => ReturnType<typeof postgres>): Promise<void> {
  const apps = [legwork({ store: makeStore() }), legwork({ store: makeStore() })]
  const ran = new Map<string, number>()
  for (const app of apps) {
    app.handle(double, ({ input, job, attempt }) => {
      ran.set(job.id, (ran.get(job.id) ?? 0) + 1)
      if (input.n % 50 === 0 && attempt === 1) throw new Error('once more')
      return input.n * 2
    })
    await app.start()
  }
  const [one] = apps as [(typeof apps)[0], (typeof apps)[0]]
  const inputs = Array.from({ length: 200 }, (_, n) => ({ n }))
  const jobs = await one.enqueueMany(double, inputs)
  const results = await Promise.all(jobs.map((job) => job.result({ timeout: '60s' })))
  expect(results).toEqual(inputs.map(({ n }) => n * 2))
  expect([...ran.values()].filter((times) => times > 1)).toHaveLength(4)
  for (const app of apps) await app.stop()
  // Nothing of a session stayed behind on the connections that others get.
  const { server } = await pgbouncer()
  const admin = new pg.Client({ connectionString: server.url })
  await admin.connect()
  const { rows } = await admin.query(`select count(*)::int as n from "${schema}".ticket`)
  expect(rows).toEqual([{ n: 0 }])
  await admin.end()
}

test('two workers on pg, without notifications', async () => {
  const { url } = await pgbouncer()
  await work('pooled', () => postgres({ url, schema: 'pooled', notify: false }))
})

test('two workers on pg that would be notified, which PgBouncer keeps from them', async () => {
  const { url } = await pgbouncer()
  await work('deaf', () => postgres({ url, schema: 'deaf' }))
})

test('two workers on postgres.js without prepared statements', async () => {
  const { url } = await pgbouncer()
  const clients = [0, 1].map(() => sql(url, { max: 4, prepare: false, onnotice: () => {} }))
  let i = 0
  await work('pooledjs', () =>
    postgres({ pool: clients[i++ % 2] as never, schema: 'pooledjs', notify: false }),
  )
  for (const client of clients) await client.end()
})
