// What is special about a store on a server: who may log in, what happens when it is gone, and whose transaction it is.
import { once } from 'node:events'
import { createServer } from 'node:net'
import { legwork, task } from 'legwork'
import { postgres } from 'legwork/postgres'
import type { Store } from 'legwork/store'
import pg from 'pg'
import sql from 'postgres'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { checkServer } from '../../src/stores/postgres/checks.ts'
import type { NewJob } from '../../src/job/job.ts'
import { startPostgres, type TestServer } from '../fixtures/postgres.mjs'

let server: TestServer
let admin: pg.Client
const quiet = { debug() {}, info() {}, warn() {}, error() {} }
const ending: (() => Promise<unknown>)[] = []

beforeAll(async () => {
  server = await startPostgres({ hba: 'host all careful,wordless 127.0.0.1/32 scram-sha-256' })
  admin = new pg.Client({ connectionString: server.url })
  admin.on('error', () => {})
  await admin.connect()
})
afterAll(async () => {
  for (const end of ending.reverse()) await end().catch(() => {})
  await admin.end().catch(() => {})
  await server.stop()
})

const jobNamed = (id: string): NewJob => ({
  ...{ id, task: 'mail', queue: 'q', payload: '{}', version: 1, priority: 5, maxAttempts: 3, tags: [] },
  retain: { completed: 1_000, cancelled: 1_000, dead: null },
})

async function opened(options: Parameters<typeof postgres>[0]): Promise<Store> {
  const store = postgres(options)
  ending.push(() => store.close())
  await store.open()
  return store
}

/** The URL of the server for another user, database or option. */
function urlFor(change: (url: URL) => void): string {
  const url = new URL(server.url)
  change(url)
  return url.href
}

const openingFails = async (url: string, code: string, text: RegExp) => {
  const store = postgres({ url, connectTimeoutMs: 2_000 })
  const failed = await store.open().then(
    () => undefined,
    (error: Error & { code?: string }) => error,
  )
  await store.close()
  expect(failed).toMatchObject({ code })
  expect(failed?.message).toMatch(text)
  expect(failed?.message).not.toContain('s3cret')
}

describe('opening', () => {
  test('a wrong password is told as that, and never shown', async () => {
    await admin.query(`create role careful login password 'right'`)
    const url = urlFor((one) => Object.assign(one, { username: 'careful', password: 's3cret' }))
    await openingFails(url, 'LW1018', /careful@127\.0\.0\.1.*password authentication failed/)
  })

  test('a database that is not there is named', async () => {
    await openingFails(
      urlFor((url) => (url.pathname = '/nowhere')),
      'LW1002',
      /"nowhere" does not exist.*createdb/,
    )
  })

  test('a host that is not there, a port that nobody listens on, and a server that says nothing', async () => {
    await openingFails('postgres://test@no-such-host.invalid/db', 'LW1017', /no-such-host\.invalid/)
    await openingFails('postgres://test@127.0.0.1:1/db', 'LW1017', /127\.0\.0\.1:1/)
    const mute = createServer(() => {}).listen(0, '127.0.0.1')
    await once(mute, 'listening')
    const { port } = mute.address() as { port: number }
    await openingFails(`postgres://test@127.0.0.1:${port}/db`, 'LW1017', /cannot be reached/)
    mute.close()
  })

  test('a server that takes no writes', async () => {
    const url = urlFor((one) => one.searchParams.set('options', '-c default_transaction_read_only=on'))
    await openingFails(url, 'LW1021', /takes no writes.*primary/)
  })

  test('a server that is too old, or a standby, or would lose jobs', async () => {
    const saying = (settings: object) => async () => [
      {
        answer: JSON.stringify({
          ...{ version: 150_018, isStandby: false, fsync: 'on', commit: 'on', pages: 'on', readOnly: 'off' },
          ...settings,
        }),
      },
    ]
    const about = { where: 'postgres://h/db', acceptDataLoss: false }
    await expect(checkServer(saying({ version: 120_022 }), about)).rejects.toMatchObject({ code: 'LW1020' })
    await expect(checkServer(saying({ isStandby: true }), about)).rejects.toMatchObject({ code: 'LW1021' })
    await expect(checkServer(saying({ fsync: 'off' }), about)).rejects.toMatchObject({ code: 'LW1012' })
    expect((await checkServer(saying({ commit: 'off' }), about)).level).toBe('process-safe')
    expect((await checkServer(saying({}), about)).level).toBe('power-safe')
  })

  test('missing rights say which grant', async () => {
    await admin.query('create role weak login; revoke create on database postgres from public')
    const url = urlFor((one) => (one.username = 'weak'))
    await openingFails(
      `${url}?schema=forbidden`,
      'LW1019',
      /permission denied for database.*grant create on database "postgres" to "weak"/,
    )
    await opened(`${server.url}?schema=granted`)
    await openingFails(
      `${url}?schema=granted`,
      'LW1019',
      /permission denied for schema granted.*legwork grant --role "weak" --kind worker .*select granted\.grant_rights\('worker', 'weak'\)/,
    )
    await admin.query(`select granted.grant_rights('producer', 'weak')`)
    const store = await opened(`${url}?schema=granted`)
    expect((await store.enqueue([jobNamed('granted')]))[0]?.outcome).toBe('created')
  })

  test('a schema of a newer version is refused and left alone; an older one where nobody may migrate', async () => {
    await opened(`${server.url}?schema=newer`)
    await admin.query(`update newer.meta set value = '999' where key = 'schema'`)
    await openingFails(`${server.url}?schema=newer`, 'LW1010', /version 999/)
    const store = postgres({ url: server.url, schema: 'not_there', migrate: 'never' })
    await expect(store.open()).rejects.toMatchObject({ code: 'LW1011' })
    await store.close()
  })

  test('a schema with things of somebody else is left alone', async () => {
    await admin.query(`create schema theirs; create table theirs.orders (id int);
      create schema theirs2; create table theirs2.meta (a int);
      create schema theirs3; create function theirs3.enqueue() returns int language sql as 'select 1'; create schema empty_one`)
    const things = async () =>
      (
        await admin.query(
          `select relname::text as name from pg_class where relnamespace::regnamespace::text like 'theirs%'
           union all select proname from pg_proc where pronamespace::regnamespace::text like 'theirs%' order by 1`,
        )
      ).rows
    const before = await things()
    for (const [schema, thing] of [
      ['theirs', 'orders'],
      ['theirs2', 'meta'],
      ['theirs3', 'enqueue'],
    ] as const)
      await openingFails(
        `${server.url}?schema=${schema}`,
        'LW1003',
        new RegExp(`schema "${schema}" .*: ${thing}\\. Choose`),
      )
    expect(await things()).toEqual(before)
    const store = await opened(`${server.url}?schema=empty_one`)
    expect((await store.enqueue([jobNamed('first')]))[0]?.outcome).toBe('created')
  })

  test('no password, too many connections, no TLS there, and a pool that is all in use are told as that', async () => {
    await admin.query(`create role wordless login password 'x'`)
    await openingFails(
      server.url.replace('test@', 'wordless@'),
      'LW1018',
      /wants a password, and the URL has none/,
    )
    await openingFails(`${server.url}?sslmode=require`, 'LW1017', /does not support SSL.*Leave out sslmode/)
    const pool = new pg.Pool({ connectionString: server.url, max: 1, connectionTimeoutMillis: 200 })
    ending.push(() => pool.end())
    const store = await opened({ pool, schema: 'tiny', notify: false })
    const client = await pool.connect()
    await expect(store.enqueue([jobNamed('waits')])).rejects.toThrow(
      /LW1017 no connection of the pool.*larger \(max\)/,
    )
    client.release()
    expect((await store.enqueue([jobNamed('waits')]))[0]?.outcome).toBe('created')
    const full = await startPostgres({ max_connections: '4', superuser_reserved_connections: '0' })
    const clients = await Promise.all(
      Array.from({ length: 4 }, async () => {
        const one = new pg.Client({ connectionString: full.url })
        one.on('error', () => {})
        await one.connect()
        return one
      }),
    )
    await openingFails(full.url, 'LW1017', /takes no more connections.*max_connections/)
    await clients[0]?.end()
    await (await opened(full.url)).close()
    await full.stop()
  })

  test('several open a new schema at once, of any name, and one of them makes it', async () => {
    const schema = `We "ird'; drop schema x`
    const stores = await Promise.all(
      Array.from({ length: 6 }, () => opened({ url: server.url, schema, max: 2 })),
    )
    const answers = await Promise.all(stores.map((store, i) => store.enqueue([jobNamed(`weird-${i}`)])))
    expect(answers.flat().map(({ outcome }) => outcome)).toEqual(Array(6).fill('created'))
  })

  test('options that cannot be meant are refused', () => {
    expect(() => postgres({})).toThrow(/LW1201/)
    expect(() => postgres('mysql://h/db')).toThrow(/LW1201/)
    expect(() => postgres({ url: server.url, schema: '' })).toThrow(/schema/)
    expect(() => postgres(`${server.url}?shcema=x`)).toThrow(
      /LW1201 url: got "\?shcema=", expected \?schema=/,
    )
    expect(() => postgres({ url: server.url, max: 0 })).toThrow(/max/)
    expect(() => postgres({ url: server.url, poool: 1 } as never)).toThrow(/poool.*did you mean pool/)
  })
})

describe('a transaction of the caller’s own', () => {
  test('of pg: what commits is there once, what rolls back never was', async () => {
    const store = await opened({ url: server.url, schema: 'tx' })
    await admin.query('begin')
    await store.enqueue([jobNamed('rolled')], { tx: admin })
    await admin.query('rollback')
    await admin.query('begin')
    await store.enqueue([jobNamed('kept')], { tx: admin })
    expect((await store.get(['kept']))[0]).toBeUndefined()
    await admin.query('commit')
    expect((await store.get(['rolled', 'kept'])).map((job) => job?.state)).toEqual([undefined, 'ready'])
  })

  test('of postgres.js, and its client as the store’s own', async () => {
    const client = sql(server.url, { max: 2, onnotice: () => {} })
    ending.push(() => client.end())
    const store = await opened({ pool: client as never, schema: 'txjs' })
    await client.begin(async (tx) => store.enqueue([jobNamed('kept')], { tx }))
    await client
      .begin(async (tx) => {
        await store.enqueue([jobNamed('rolled')], { tx })
        throw new Error('no')
      })
      .catch(() => {})
    expect((await store.get(['rolled', 'kept'])).map((job) => job?.state)).toEqual([undefined, 'ready'])
    await expect(store.enqueue([jobNamed('x')], { tx: client })).rejects.toMatchObject({ code: 'LW1014' })
  })

  test('what is none is refused, and writes nothing', async () => {
    const store = await opened({ url: server.url, schema: 'tx' })
    const pool = new pg.Pool({ connectionString: server.url, max: 1 })
    ending.push(() => pool.end())
    const refused = (tx: unknown, text: RegExp) =>
      expect(store.enqueue([jobNamed('never')], { tx })).rejects.toThrow(text)
    await refused(pool, /LW1014.*pool/)
    await refused({}, /LW1014.*no transaction of a client that this store knows/)
    await refused(admin, /LW1014.*no transaction is open/)
    await admin.query('begin')
    await admin.query('select 1 / 0').catch(() => {})
    await refused(admin, /LW1014.*failed before/)
    await admin.query('rollback')
    expect((await store.get(['never']))[0]).toBeUndefined()
  })

  test('any client may call the function: SQL, other languages, triggers', async () => {
    const store = await opened({ url: server.url, schema: 'tx' })
    const kind = { task: 'mail', queue: 'q', version: 1, priority: 5, maxAttempts: 3 }
    const arg = JSON.stringify({ kinds: [kind], rows: [[0, 'from-sql', '{"to":"ada"}']] })
    const { rows } = await admin.query('select tx.enqueue_v1($1)', [arg])
    expect(rows).toEqual([{ enqueue_v1: '{"state": 3}' }])
    expect((await store.get(['from-sql']))[0]).toMatchObject({ state: 'ready', payload: '{"to":"ada"}' })
  })
})

describe('what happens, as it is told', () => {
  test('a job whose transaction ends after a later one is told, once, also to who began to look in between', async () => {
    const store = await opened({ url: server.url, schema: 'late' })
    const ids = async (after: string) => {
      const page = await store.changes({ after, limit: 100 })
      return {
        ids: page.items.map((one) => (one.kind === 'enqueued' ? one.id : one.kind)),
        cursor: page.cursor,
      }
    }
    const { cursor: start } = await store.changes({ limit: 100 })
    await admin.query('begin')
    await store.enqueue([jobNamed('slow')], { tx: admin })
    await store.enqueue([jobNamed('quick')])
    const first = await ids(start)
    expect(first.ids).toEqual(['quick'])
    const { cursor: between } = await store.changes({ limit: 100 })
    await store.enqueue([jobNamed('next')])
    const second = await ids(first.cursor)
    expect(second.ids).toEqual(['next'])
    await admin.query('commit')
    expect((await ids(second.cursor)).ids).toEqual(['slow'])
    expect((await ids(between)).ids.toSorted()).toEqual(['next', 'slow'])
    const third = await ids(second.cursor)
    expect((await ids(third.cursor)).ids).toEqual([])
    // What was waited for is forgotten once nobody can bring it any more.
    expect((await ids(third.cursor)).cursor).not.toContain('_')
  })

  test('what was rolled back is waited for no longer than its transaction', async () => {
    const store = await opened({ url: server.url, schema: 'late' })
    const { cursor: start } = await store.changes({ limit: 100 })
    await admin.query('begin')
    await store.enqueue([jobNamed('never')], { tx: admin })
    await store.enqueue([jobNamed('there')])
    const { cursor, items } = await store.changes({ after: start, limit: 100 })
    expect(items).toHaveLength(1)
    await admin.query('rollback')
    const next = await store.changes({ after: cursor, limit: 100 })
    expect([next.items, next.cursor.includes('_')]).toEqual([[], false])
  })
})

describe('living with a server', () => {
  test('another process hears of a change at once; without notifications everything still works', async () => {
    const [one, other] = [
      await opened({ url: server.url, schema: 'bell' }),
      await opened({ url: server.url, schema: 'bell' }),
    ]
    const heard = new Promise<void>((resolve) => void other.listen(resolve))
    // The connection that listens takes a moment; a change is told at the latest when it is there.
    await one.enqueue([jobNamed('ding')])
    await heard
    const deaf = legwork({
      store: await opened({ url: server.url, schema: 'deaf', notify: false }),
      log: quiet,
    })
    const echo = task<'echo', unknown>('echo')
    deaf.handle(echo, async () => 'heard')
    await deaf.start()
    expect(await (await deaf.enqueue(echo, {})).result()).toBe('heard')
    await deaf.stop()
  })

  test('one connection is enough, and a pool of the caller’s stays open', async () => {
    const pool = new pg.Pool({ connectionString: server.url, max: 1 })
    const app = legwork({ store: postgres({ pool, schema: 'small', notify: false }) })
    const add = task<'add', unknown>('add')
    app.handle(add, async () => 2)
    await app.start()
    const handles = await Promise.all(Array.from({ length: 50 }, () => app.enqueue(add, {})))
    expect(await Promise.all(handles.map((handle) => handle.result()))).toEqual(Array(50).fill(2))
    await app.stop()
    expect((await pool.query('select 1 as one')).rows).toEqual([{ one: 1 }])
    await pool.end()
  })

  test('a statement timeout is told as that', async () => {
    const url = urlFor((one) => one.searchParams.set('options', '-c statement_timeout=20'))
    const store = await opened({ url, schema: 'tx' })
    await admin.query('begin')
    await admin.query('lock table tx.job in access exclusive mode')
    await expect(store.enqueue([jobNamed('slow')])).rejects.toMatchObject({ code: 'LW1013' })
    await admin.query('rollback')
  })

  test('a server that is killed and comes back: the process lives, and goes on by itself', async () => {
    const own = await startPostgres()
    const app = legwork({ store: own.url, log: quiet })
    const echo = task<'echo', unknown>('echo')
    app.handle(echo, async ({ input }: { input: unknown }) => input)
    await app.start()
    expect(await (await app.enqueue(echo, 1)).result()).toBe(1)
    await own.stop('SIGQUIT')
    await expect(app.enqueue(echo, 2)).rejects.toMatchObject({ code: 'LW1017' })
    await own.start()
    const startedAt = performance.now()
    expect(await (await app.enqueue(echo, 3)).result()).toBe(3)
    expect(performance.now() - startedAt).toBeLessThan(5_000)
    await app.stop()
    await own.stop()
  })
})
