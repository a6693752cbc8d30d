// What others do at the same moment: a repeated call, a transaction that stays open, a batch that is under way.
import { type PostgresOptions, postgres } from 'legwork/postgres'
import type { Store } from 'legwork/store'
import pg from 'pg'
import sql from 'postgres'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { NewJob } from '../../src/job/job.ts'
import type { State } from '../../src/job/state.ts'
import { grantRights } from '../../src/stores/postgres/rights.ts'
import { startPostgres, type TestServer } from '../fixtures/postgres.mjs'

const dayMs = 86_400_000
let server: TestServer
let admin: pg.Client
const ending: (() => Promise<unknown>)[] = []
beforeAll(async () => {
  server = await startPostgres()
  admin = await connected()
})
afterAll(async () => {
  for (const end of ending.reverse()) await end().catch(() => {})
  await server.stop()
})

async function connected(application_name = 'other'): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: server.url, application_name })
  client.on('error', () => {})
  await client.connect()
  ending.push(() => client.end())
  return client
}

async function opened(options: Omit<PostgresOptions, 'url'>): Promise<Store> {
  const store = postgres({ url: server.url, callTimeoutMs: 5_000, ...options })
  ending.push(() => store.close())
  await store.open()
  return store
}

const about = { host: 'h', pid: 1, version: '1', queues: ['q'], tasks: ['t'], concurrency: 9 }
const jobNamed = (id: string): NewJob => ({
  ...{ id, task: 't', queue: 'q', payload: '1', version: 1, priority: 5, maxAttempts: 3, tags: [] },
  retain: { completed: dayMs, cancelled: 7 * dayMs, dead: null },
})
const many = (n: number, prefix = 'j') => Array.from({ length: n }, (_, i) => jobNamed(`${prefix}${i}`))
const askOf = (worker: string, call: number, limit: number) => ({
  ...{ worker, call, received: call - 1, limit, queues: [{ name: 'q', limit }] },
})
const idsOf = ({ jobs }: { readonly jobs: readonly { readonly id: string }[] }) => jobs.map(({ id }) => id)
const register = (store: Store, worker: string, ttlMs = 60 * dayMs) => store.beat({ worker, ttlMs, about })

/** Waits until so many wait for a lock. */
async function untilSomeWait(most = 1): Promise<void> {
  const text = `select count(*)::int as n from pg_stat_activity where wait_event_type = 'Lock'`
  while (((await admin.query<{ n: number }>(text)).rows[0]?.n ?? 0) < most);
}

test('a claim that is repeated while its first run is under way hears what that one handed out', async () => {
  const store = await opened({ schema: 'again' })
  await store.enqueue(many(4))
  await register(store, 'w')
  const first = await connected()
  await first.query('begin')
  const { worker, ...ask } = askOf('w', 1, 2)
  await first.query('select again.exchange_v1($1)', [JSON.stringify({ worker, ask })])
  const repeated = store.claim({ worker, ...ask })
  // Another worker waits for none of this.
  await register(store, 'x')
  expect(idsOf(await store.claim(askOf('x', 1, 1)))).toEqual(['j2'])
  await Promise.race([untilSomeWait(), repeated])
  await first.query('commit')
  expect(idsOf(await repeated)).toEqual(['j0', 'j1'])
  expect(idsOf(await store.claim(askOf('w', 2, 9)))).toEqual(['j3'])
})

test('a transaction that holds a job of a worker whose lease ran out stops nobody else', async () => {
  const store = await opened({ schema: 'held' })
  await store.enqueue(many(3))
  await register(store, 'w', 300)
  const { jobs } = await store.claim(askOf('w', 1, 2))
  const tx = await connected()
  await tx.query('begin')
  const done = { id: 'j0', fence: jobs[0]?.fence ?? 0, move: 'complete' as const }
  expect(await store.settle('w', [done], { tx })).toEqual(['applied'])
  await register(store, 'x')
  await expect.poll(async () => (await store.tend(10)).lapsed, { timeout: 4_000 }).toBe(1)
  expect(idsOf(await store.claim(askOf('x', 1, 1)))).toEqual(['j1'])
  expect(idsOf(await store.claim(askOf('x', 2, 1)))).toEqual(['j2'])
  // Nor does one that holds its registration.
  const other = await connected()
  await other.query('begin')
  await other.query('select 1 from held.worker where lease_ends_mono_ms < 9e12 for update')
  expect((await store.tend(10)).lapsed).toBe(0)
  await other.query('rollback')
  await tx.query('rollback')
  expect(idsOf(await store.claim(askOf('x', 3, 1)))).toEqual(['j0'])
  expect((await store.workers()).map(({ id }) => id)).toEqual(['x'])
})

test('upkeep looks at no more than its budget, also at what stays', async () => {
  let now = 1.7e12
  const clock = { now: () => now, monotonic: () => now, after: () => () => {} }
  const store = await opened({ schema: 'budget', clock })
  await store.retention.set({ to: { completed: { ageMs: 7 * dayMs } }, by: 'ada' })
  await register(store, 'w')
  await store.enqueue(many(30))
  const { jobs } = await store.claim(askOf('w', 1, 30))
  await store.settle(
    'w',
    jobs.map(({ id, fence }) => ({ id, fence, move: 'complete' as const })),
  )
  await admin.query(`insert into budget.closing (id, at_ms, job, task_id, queue_id, how) overriding system value
    select id, 1, 'x', 1, 1, 0 from generate_series(1, 30) as id union all values (200000, 1, 'x', 1, 1, 0)`)
  const left = async () =>
    (
      await admin.query(
        'select (select count(*)::int from budget.attempt) as attempts, (select count(*)::int from budget.closing) as closings',
      )
    ).rows[0]
  now += dayMs + 1_000
  expect(await store.tend(10)).toMatchObject({ removed: 0, more: true })
  expect(await left()).toEqual({ attempts: 10, closings: 21 })
  while ((await store.tend(10)).more);
  expect(await left()).toEqual({ attempts: 30, closings: 1 })
})

test('a person brings a job back while upkeep lets its row of endings go', async () => {
  let now = 1.7e12
  const clock = { now: () => now, monotonic: () => now, after: () => () => {} }
  const store = await opened({ schema: 'back', clock })
  await store.enqueue([{ ...jobNamed('x'), retain: { completed: 7 * dayMs, cancelled: dayMs, dead: null } }])
  await register(store, 'w')
  const { jobs } = await store.claim(askOf('w', 1, 1))
  await store.settle(
    'w',
    jobs.map(({ id, fence }) => ({ id, fence, move: 'complete' as const })),
  )
  now += dayMs + 1_000
  const tx = await connected()
  await tx.query('begin')
  expect(await store.act({ verb: 'retry', ids: ['x'], by: 'ada' }, { tx })).toMatchObject([
    { outcome: 'done' },
  ])
  expect(await store.tend(10)).toMatchObject({ removed: 0, more: false })
  await tx.query('commit')
  await store.tend(10)
  expect(await store.get(['x'], { attempts: true })).toMatchObject([
    { state: 'ready', attempts: [{ attempt: 1, outcome: 'complete' }] },
  ])
  // The other way around: upkeep is under way when it is brought back.
  const next = await store.claim(askOf('w', 2, 1))
  await store.settle(
    'w',
    next.jobs.map(({ id, fence }) => ({ id, fence, move: 'complete' as const })),
  )
  now += dayMs + 1_000
  const other = await connected()
  await other.query('begin')
  await other.query('select back.tend_v1($1)', [JSON.stringify({ now, budget: 10, forgetMs: dayMs })])
  const retried = store.act({ verb: 'retry', ids: ['x'], by: 'ada' })
  await Promise.race([untilSomeWait(), retried])
  await other.query('commit')
  expect(await retried).toMatchObject([{ outcome: 'done' }])
  expect(await store.get(['x'], { attempts: true })).toMatchObject([
    { state: 'ready', attempts: [{ attempt: 1 }, { attempt: 2 }] },
  ])
})

test('a run that ends while a later one is told is told afterwards', async () => {
  const store = await opened({ schema: 'slow', notify: false })
  const ends = async (after: string) => {
    const { items, cursor } = await store.changes({ after, limit: 100 })
    return { ids: items.flatMap((one) => (one.kind === 'ended' ? [one.id] : [])), cursor }
  }
  await store.enqueue([jobNamed('warm'), jobNamed('slow'), jobNamed('quick')])
  await register(store, 'w')
  await store.claim(askOf('w', 1, 3))
  const done = (id: string) => ({ id, fence: 1, move: 'complete' as const })
  await store.settle('w', [done('warm')])
  await admin.query(`create function slow.nap() returns trigger language plpgsql as
    $$ begin if current_setting('application_name') = 'slow' then perform pg_advisory_xact_lock(77); end if; return null; end $$`)
  await admin.query(
    'create trigger nap before delete on slow.ticket for each statement execute function slow.nap()',
  )
  const { cursor: start } = await store.changes({ limit: 1 })
  const seq = (await admin.query(`select seq from slow.job where id = 'slow'`)).rows[0]?.seq
  const slow = await connected('slow')
  await admin.query('select pg_advisory_lock(77)')
  const arg = { worker: 'w', n: 1, done: { s: `{${seq}}`, ids: ['slow'], d1: 'complete:2:noieh1' } }
  const ended = slow.query('select slow.exchange_v1($1)', [JSON.stringify(arg)])
  await untilSomeWait()
  await store.settle('w', [done('quick')])
  const first = await ends(start)
  expect(first.ids).toEqual(['quick'])
  await admin.query('select pg_advisory_unlock(77)')
  await ended
  expect((await ends(first.cursor)).ids).toEqual(['slow'])
})

test('the owner of the schema cannot lose its rights by a grant', async () => {
  await admin.query('create role app login')
  await admin.query('create database own owner app')
  const urlAs = (user: string) => {
    const url = new URL(server.url)
    return Object.assign(url, { username: user, pathname: '/own' }).href
  }
  const store = postgres(urlAs('app'))
  ending.push(() => store.close())
  await store.open()
  await expect(grantRights({ url: urlAs('test'), role: 'app', kind: 'worker' })).rejects.toThrow(
    /LW1201 role: .*does not own schema "legwork"/,
  )
  const boss = new pg.Client({ connectionString: urlAs('test') })
  await boss.connect()
  ending.push(() => boss.end())
  await expect(boss.query(`select legwork.grant_rights('none', 'app')`)).rejects.toThrow(
    /app owns the schema/,
  )
  // Who has become the owner since it was a worker keeps what an owner has.
  await boss.query(`insert into legwork.meta values ('rights', '{"app":"worker"}')`)
  await boss.query(`set search_path = legwork; select secure()`)
  expect((await store.enqueue([jobNamed('a')]))[0]?.outcome).toBe('created')
  // A role of any name may become the owner.
  const role = "it's $legwork$"
  await admin.query(`create role "${role}" login`)
  await grantRights({ url: urlAs('test'), role, kind: 'migrator' })
  const { rows } = await boss.query(
    `select pg_get_userbyid(nspowner)::text as owner from pg_namespace where nspname = 'legwork'`,
  )
  expect(rows).toEqual([{ owner: role }])
})

const uniqueIn = (...states: readonly State[]): NonNullable<NewJob['unique']> => ({
  ...{ key: 'K', states, onConflict: 'return' },
})

test('a unique key that somebody holds stops neither the exchange of its holder nor a loss of others', async () => {
  const store = await opened({ schema: 'keys' })
  const plain = uniqueIn('scheduled', 'ready', 'running')
  const waiting = { ...uniqueIn('scheduled', 'ready'), key: 'L' }
  await store.enqueue([
    { ...jobNamed('k'), unique: plain },
    { ...jobNamed('l'), unique: waiting },
    jobNamed('p'),
  ])
  await register(store, 'w')
  expect(idsOf(await store.claim(askOf('w', 1, 3)))).toEqual(['k', 'l', 'p'])
  const tx = await connected()
  await tx.query('begin')
  await store.enqueue([{ ...jobNamed('k2'), unique: plain }], { tx })
  await store.enqueue([{ ...jobNamed('l2'), unique: waiting }], { tx })
  // Who held its key as it ran needs nobody’s leave to let it go; who would hold one again waits, and nobody else with it.
  const ends = [
    { id: 'k', fence: 1, move: 'complete' as const },
    { id: 'l', fence: 1, move: 'release' as const },
    { id: 'p', fence: 1, move: 'complete' as const },
  ]
  expect((await store.exchange(ends, askOf('w', 2, 1))).settled).toEqual(['applied', undefined, 'applied'])
  await tx.query('rollback')
  expect((await store.exchange(ends, askOf('w', 3, 0))).settled).toEqual(['applied', 'applied', 'applied'])

  await register(store, 'x', 300)
  await store.enqueue([jobNamed('r')])
  expect(idsOf(await store.claim(askOf('x', 1, 2)))).toEqual(['l', 'r'])
  await tx.query('begin')
  await store.enqueue([{ ...jobNamed('l3'), unique: waiting }], { tx })
  await expect.poll(async () => (await store.tend(10)).lapsed, { timeout: 4_000 }).toBe(1)
  expect((await store.get(['l', 'r'])).map((job) => job?.state)).toEqual(['running', 'ready'])
  await tx.query('rollback')
  expect((await store.tend(10)).lapsed).toBe(1)
})

test('batches of deaths of the same groups in another order do not stand in each other’s way', async () => {
  const store = await opened({ schema: 'deaths' })
  const n = 200
  await store.enqueue(many(2 * n))
  const sides = await Promise.all(
    ['w', 'x'].map(async (worker) => {
      await register(store, worker)
      const { jobs } = await store.claim(askOf(worker, 1, n))
      const groups = worker === 'w' ? ['A', 'B'] : ['B', 'A']
      const rest = jobs.map(({ id, fence }, i) => {
        const group = groups[i < n / 2 ? 0 : 1]
        return { p: i, id, f: fence, m: 2, to: 8, tc: 8, d: 'd', r: 'failed', g: [group, group, 'm'] }
      })
      return { arg: JSON.stringify({ worker, n, rest }), client: await connected() }
    }),
  )
  await Promise.all(sides.map(({ client, arg }) => client.query('select deaths.exchange_v1($1)', [arg])))
  const groups = await store.failures.list({})
  expect(groups.map(({ fingerprint, count }) => `${fingerprint} ${count}`).toSorted()).toEqual([
    `A ${n}`,
    `B ${n}`,
  ])
})

test('who begins to look while a long batch is under way is told all of it; a cursor that is none is refused', async () => {
  const store = await opened({ schema: 'batch' })
  const tx = await connected()
  await tx.query('begin')
  await store.enqueue(many(2_000), { tx })
  await store.enqueue([jobNamed('later')])
  let { cursor } = await store.changes({ limit: 1 })
  await tx.query('commit')
  const told = new Set<string>()
  for (let more = true; more; ) {
    const page = await store.changes({ after: cursor, limit: 500 })
    for (const one of page.items) if (one.kind === 'enqueued') told.add(one.id)
    ;({ cursor, more } = page)
  }
  expect(told.size).toBe(2_000)
  await expect(store.changes({ after: 'zzz!', limit: 5 })).rejects.toMatchObject({ code: 'LW1201' })
})

test('a transaction through postgres.js has a deadline, too', async () => {
  const client = sql(server.url, { max: 2, onnotice: () => {} })
  ending.push(() => client.end({ timeout: 0 }))
  const store = postgres({ pool: client as never, schema: 'late', callTimeoutMs: 300 })
  await store.open()
  const tx = await connected()
  await tx.query('begin; lock table late.place in access exclusive mode')
  await expect(store.retention.set({ to: { completed: { ageMs: dayMs } }, by: 'ada' })).rejects.toThrow(
    /LW1017 .* gave no answer in time/,
  )
  await tx.query('rollback')
  await store.close()
})

test('functions of an older release are refused where nobody may migrate; default privileges give nothing away', async () => {
  await admin.query('create role reader login; alter default privileges grant execute on functions to reader')
  await (await opened({ schema: 'older' })).close()
  await admin.query('alter default privileges revoke execute on functions from reader')
  const { rows } =
    await admin.query(`select has_function_privilege('reader', 'older.act_v1(text)', 'execute') as may,
    exists (select 1 from pg_proc p cross join lateral aclexplode(p.proacl) x where p.pronamespace = 'older'::regnamespace and x.grantee = 0) as public`)
  expect(rows).toEqual([{ may: true, public: false }])
  await admin.query(
    `update older.meta set value = '1' where key = 'edition'; update older.meta set value = 'x' where key = 'functions'`,
  )
  const store = postgres({ url: server.url, schema: 'older', migrate: 'never' })
  await expect(store.open()).rejects.toThrow(/LW1011 .*functions of an older Legwork/)
  await store.close()
})

test('a worker that registers several times at once is registered', async () => {
  const store = await opened({ schema: 'twice' })
  await admin.query(`create function twice.nap() returns trigger language plpgsql as
    $$ begin perform pg_advisory_xact_lock_shared(79); return null; end $$`)
  await admin.query(
    'create trigger nap before insert on twice.worker for each statement execute function twice.nap()',
  )
  await admin.query('select pg_advisory_lock(79)')
  const beats = Promise.all(Array.from({ length: 3 }, () => register(store, 'w')))
  await untilSomeWait(3)
  await admin.query('select pg_advisory_unlock(79)')
  expect((await beats).map(({ lease }) => lease)).toEqual(Array(3).fill('held'))
})

test('each job of a batch has its own answer, also where one of the same id is removed at this moment', async () => {
  const store = await opened({ schema: 'gone' })
  await store.enqueue([jobNamed('a')])
  await admin.query(`create function gone.nap() returns trigger language plpgsql as
    $$ begin perform pg_advisory_xact_lock_shared(78); return null; end $$`)
  await admin.query(
    'create trigger nap after insert on gone.job for each statement execute function gone.nap()',
  )
  await admin.query('select pg_advisory_lock(78)')
  const answers = store.enqueue([jobNamed('a'), jobNamed('b')])
  await untilSomeWait()
  await store.act({ verb: 'remove', ids: ['a'], by: 'ada' })
  await admin.query('select pg_advisory_unlock(78)')
  expect((await answers).map(({ id, outcome }) => `${id} ${outcome}`)).toEqual(['a created', 'b created'])
})
