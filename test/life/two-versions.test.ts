// Two versions at once: workers of this one go on beside a database that a newer one has migrated, under load.
import { legwork, task, unchecked } from 'legwork'
import { postgres } from 'legwork/postgres'
import { redis } from 'legwork/redis'
import { Redis } from 'ioredis'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { connect, type Link } from '../../src/stores/postgres/connect.ts'
import { migrateUp, ours, readVersion, type Release } from '../../src/stores/postgres/migrate.ts'
import { postgresServer } from '../fixtures/postgres.mjs'
import { sharedRedis } from '../fixtures/redis-server.mjs'
import { type Proc, start } from './house.ts'

const silent = { debug() {}, info() {}, warn() {}, error() {} }
const hold = task('hold', { input: unchecked<{ ms: number }>(), output: unchecked<string>() })
const ballast = task('ballast', { input: unchecked<number>(), queue: 'ballast' })
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
const procs: Proc[] = []
let url: string
let admin: pg.Client
beforeAll(async () => {
  url = (await postgresServer()).url
  admin = new pg.Client({ connectionString: url })
  await admin.connect()
})
afterAll(async () => {
  for (const { child } of procs) child.kill('SIGKILL')
  await admin.end()
})

/** What a later release may bring: columns, a table, functions of a new name, and indices on tables that are large. */
const next: Release = {
  steps: [
    ...ours.steps,
    {
      version: ours.steps.length + 1,
      name: 'next',
      sql: `alter table job add column note text;
        alter table ticket add column hue int not null default 0;
        alter table worker add column shoe text;
        create table extra (id int primary key, seq bigint references job (seq) on delete cascade)`,
    },
  ],
  functions: {
    ...ours.functions,
    exchangeV2: `create or replace function exchange_v2(p text) returns text language sql set search_path from current as 'select exchange_v1(p)'`,
  },
  indexes: [
    { name: 'job_by_note', sql: 'on job (note, seq)' },
    { name: 'ticket_by_hue', sql: 'on ticket (hue, seq)' },
  ],
  edition: ours.edition + 1,
  oldest: ours.steps.length,
}

async function worker(name: string, via = 'postgres:// and pg', at = url): Promise<Proc> {
  const proc = start(['test/life/fixtures/steady.mjs', JSON.stringify({ url: at, via, name })])
  procs.push(proc)
  await proc.until(({ ready }) => ready === true, 'a worker to be ready')
  return proc
}

async function gently({ child, exit, told }: Proc): Promise<void> {
  child.kill('SIGTERM')
  expect(await exit).toEqual({ code: 0, signal: null })
  const trouble = told.filter(({ error, warn, unhandled }) => error ?? warn ?? unhandled)
  expect(trouble).toEqual([])
}

const linkTo = (): Promise<Link> => connect({ url, max: 2, timeoutMs: 5_000, callTimeoutMs: 20_000 })
const meta = async (schema: string) =>
  Object.fromEntries(
    (await admin.query<{ key: string; value: string }>(`select key, value from "${schema}".meta`)).rows.map(
      ({ key, value }) => [key, value],
    ),
  )

test('PostgreSQL: columns, a table, functions and indices come in under load; workers of before lose nothing and hear nothing', async () => {
  const app = legwork({ store: postgres({ url, schema: 'beside' }), log: silent })
  await app.enqueueMany(
    ballast,
    Array.from({ length: 10_000 }, (_, i) => i),
  )
  const old = [await worker('beside'), await worker('beside')]
  await admin.query(`create role beside_worker login; select beside.grant_rights('worker', 'beside_worker')`)

  let isOver = false
  let worstMs = 0
  const ids: string[] = []
  const load = Array.from({ length: 3 }, async () => {
    for (; !isOver; await pause(5)) {
      const from = performance.now()
      ids.push((await app.enqueue(hold, { ms: 1 })).id)
      worstMs = Math.max(worstMs, performance.now() - from)
    }
  })
  // Somebody reads for a second and a half, and so holds what a new column needs.
  const reader = new pg.Client({ connectionString: url })
  await reader.connect()
  await reader.query('begin; select id from beside.job limit 1; select 1 from beside.ticket limit 1')
  const read = pause(1_500).then(() => reader.query('commit'))
  const home = { schema: '"beside"', where: 'here' }
  const [one, other] = [await linkTo(), await linkTo()]
  const plans = await Promise.all([migrateUp(one, home, next), migrateUp(other, home, next)])
  await read
  expect(plans.map(({ steps }) => steps.map(({ name }) => name)).toSorted()).toEqual([[], ['next']])
  const migrated = await meta('beside')
  expect(migrated).toMatchObject({
    schema: `${next.steps.length}`,
    oldest: `${next.steps.length}/${ours.steps.length}`,
  })
  const { rows } = await admin.query(
    `select relname, indisvalid from pg_index join pg_class on oid = indexrelid
     where relnamespace = 'beside'::regnamespace and relname in ('job_by_note', 'ticket_by_hue') order by 1`,
  )
  expect(rows).toEqual([
    { relname: 'job_by_note', indisvalid: true },
    { relname: 'ticket_by_hue', indisvalid: true },
  ])
  const may = `select has_function_privilege('beside_worker', 'beside.exchange_v2(text)', 'execute') as may`
  expect((await admin.query(may)).rows).toEqual([{ may: true }])

  // One of before starts anew: it works beside what is newer, and takes nothing of it back.
  old.push(await worker('beside'))
  await pause(500)
  expect(await meta('beside')).toEqual(migrated)
  isOver = true
  await Promise.all(load)
  // A statement waits behind the migration for as long as that waits for its lock, which is a second.
  expect(worstMs).toBeLessThan(3_000)
  const store = await app.store()
  await until(async () => {
    const [count] = await store.counts(['default'])
    return (count?.states.completed ?? 0) === ids.length
  })
  for (let from = 0; from < ids.length; from += 500)
    for (const job of await store.get(ids.slice(from, from + 500)))
      expect(job).toMatchObject({ state: 'completed', attempt: 1, losses: 0, failures: 0 })
  for (const proc of old) await gently(proc)
  expect(await app.durability()).toMatchObject({ level: 'power-safe' })
  await app.stop()
  await Promise.all([one.end(), other.end(), reader.end()])
})

test('PostgreSQL: an index that was left half made is made again', async () => {
  const store = postgres({ url, schema: 'halfmade' })
  await store.open()
  await store.close()
  const link = await linkTo()
  await admin.query(`insert into halfmade.meta values ('one', 'same'), ('two', 'same')`)
  const broken = admin.query('create unique index concurrently left_over on halfmade.meta (value)')
  await expect(broken).rejects.toThrow('could not create unique index')
  const valid = async () =>
    (
      await admin.query<{ ok: boolean }>(
        `select indisvalid as ok from pg_index where indexrelid = 'halfmade.left_over'::regclass`,
      )
    ).rows
  expect(await valid()).toEqual([{ ok: false }])
  const release = { ...ours, indexes: [{ name: 'left_over', sql: 'on meta (value)' }] }
  await migrateUp(link, { schema: '"halfmade"', where: 'here' }, release)
  expect(await valid()).toEqual([{ ok: true }])
  await link.end()
})

test('PostgreSQL: a schema that older ones may not work beside is refused to who starts, and functions of a newer edition stay', async () => {
  const proc = await worker('apart')
  const app = legwork({ store: postgres({ url, schema: 'apart' }), log: silent })
  const first = await app.enqueue(hold, { ms: 1 })
  await first.result({ timeout: '20s' })
  const link = await linkTo()
  const home = { schema: '"apart"', where: 'here' }
  const newer: Release = {
    ...ours,
    edition: ours.edition + 1,
    functions: {
      ...ours.functions,
      nowMs2: `create or replace function now_ms2() returns bigint language sql as 'select 1'`,
    },
  }
  await migrateUp(link, home, newer)
  const marked = await readVersion(link.query, home)
  await migrateUp(link, home, ours)
  expect(await readVersion(link.query, home)).toEqual(marked)

  await migrateUp(link, home, { ...next, oldest: next.steps.length, indexes: [] })
  const late = postgres({ url, schema: 'apart' })
  await expect(late.open()).rejects.toMatchObject({ code: 'LW1010' })
  await expect(late.migrate()).rejects.toMatchObject({ code: 'LW1010' })
  await late.close()
  // Who is there already goes on.
  expect(await app.run(hold, { ms: 1 }, { timeout: '20s' })).toBe(`${proc.child.pid} did attempt 1`)
  await gently(proc)
  await app.stop()
  await link.end()
})

test('Redis: the layout of a newer version is used where it says that this one may, and refused where not; who is there goes on', async () => {
  const server = await sharedRedis()
  const at = { url: server.url, prefix: `two-${process.pid}` }
  const app = legwork({ store: redis(at), log: silent })
  const proc = await worker(at.prefix, 'redis:// and ioredis', server.url)
  expect(await app.run(hold, { ms: 1 }, { timeout: '20s' })).toBe(`${proc.child.pid} did attempt 1`)
  const raw = new Redis(server.url)
  const key = `{${at.prefix}:0}:meta`
  const known = Number(await raw.hget(key, 'schema'))
  const opening = async () => {
    const store = redis(at)
    try {
      await store.open()
      return (await store.enqueue([])).length
    } finally {
      await store.close()
    }
  }
  await raw.hset(key, 'schema', known + 1)
  await expect(opening()).rejects.toMatchObject({ code: 'LW1010' })
  await raw.hset(key, 'oldest', known)
  expect(await opening()).toBe(0)
  expect(await raw.hget(key, 'schema')).toBe(`${known + 1}`)
  const beside = await worker(at.prefix, 'redis:// and ioredis', server.url)
  await raw.hset(key, 'oldest', known + 1)
  await expect(opening()).rejects.toMatchObject({ code: 'LW1010' })
  expect(await app.run(hold, { ms: 1 }, { timeout: '20s' })).toMatch(/did attempt 1$/)
  for (const one of [proc, beside]) await gently(one)
  await app.stop()
  raw.disconnect()
})

async function until(done: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 30_000; !(await done()); await pause(50))
    if (Date.now() > end) throw new Error('it did not come about within 30 s')
}
