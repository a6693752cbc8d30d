// Jobs in transactions of the user's own, through every client that the guide names, on a real server.
import { type App, legwork, task, unchecked } from 'legwork'
import { postgres } from 'legwork/postgres'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { commitStories } from '../fixtures/commit-stories.ts'
import { clients, type TestClient } from '../fixtures/postgres-clients.mjs'
import { postgresServer } from '../fixtures/postgres.mjs'
import { silent } from '../stage-kit.ts'

const note = task('note', { input: unchecked<{ text: string }>() })
/** Everything that clients read as a mark of their own in a statement, or escape. */
const hostile = `it's "q" \\ \\\\ ? ?? \\? $1 $$ $2::text :x :x::y {?} @p %s \uF8FF é 😀 -- /* ' */ \n\t E'x'`

let url: string
let app: App
beforeAll(async () => {
  url = (await postgresServer()).url
  app = legwork({ store: postgres({ url, schema: 'tx?jobs' }) })
  await app.durability()
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  await client.query('create table customer (email text primary key); create table payment (name text)')
  await client.end()
})
afterAll(() => app.stop())

const stateOf = (id: string): Promise<string> =>
  app
    .job(id)
    .status()
    .then(
      ({ state }) => state,
      (error: { code: string }) => error.code,
    )
async function rowsIn(query: string): Promise<number> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  const { rowCount } = await client.query(query)
  await client.end()
  return rowCount ?? 0
}
const refused = { code: 'LW1014' }
const text = hostile

describe.each(Object.entries(clients))('%s', (name, connect) => {
  let client: TestClient
  beforeAll(async () => {
    client = await connect(url)
  })
  afterAll(() => client.close())
  const email = (n: number) => `${n}@${name}`
  const insert = (tx: unknown, n: number) =>
    client.sql(tx, `insert into customer (email) values ('${email(n)}')`)
  const customers = () => rowsIn(`select 1 from customer where email like '%@${name}'`)

  test('a committed transaction leaves exactly one job, with every character of its input', async () => {
    const job = await client.transaction(async (tx) => {
      await insert(tx, 1)
      const made = await app.in(tx).enqueue(note, { text })
      expect(await stateOf(made.id)).toBe('LW2301')
      return made
    })
    expect(await stateOf(job.id)).toBe('ready')
    expect(await app.inputOf(job.id)).toEqual({ text })
    expect(await customers()).toBe(1)
  })

  test('a rolled-back transaction leaves none', async () => {
    const ids: string[] = []
    const work = client.transaction(async (tx) => {
      await insert(tx, 2)
      ids.push((await app.in(tx).enqueue(note, { text })).id)
      const many = await app.in(tx).enqueueMany(note, [{ text }, { text: 'b' }])
      ids.push(...many.map(({ id }) => id))
      throw new Error('changed my mind')
    })
    await expect(work).rejects.toThrow('changed my mind')
    expect(ids).toHaveLength(3)
    expect(await Promise.all(ids.map(stateOf))).toEqual(ids.map(() => 'LW2301'))
    expect(await customers()).toBe(1)
  })

  test('a cancel commits and rolls back with it', async () => {
    const job = await app.enqueue(note, { text })
    const undone = client.transaction(async (tx) => {
      expect(await app.in(tx).cancel(job.id)).toBe('done')
      throw new Error('changed my mind')
    })
    await expect(undone).rejects.toThrow('changed my mind')
    expect(await stateOf(job.id)).toBe('ready')
    await client.transaction((tx) => app.in(tx).cancel(job.id, 'by the customer'))
    expect(await stateOf(job.id)).toBe('cancelled')
  })

  test('a job that is refused leaves the transaction as it was', async () => {
    const once = task('once', {
      input: unchecked<{ text: string }>(),
      unique: { by: () => name, onConflict: 'throw' },
    })
    await app.enqueue(once, { text })
    await client.transaction(async (tx) => {
      await expect(app.in(tx).enqueue(once, { text })).rejects.toMatchObject({ code: 'LW1209' })
      await insert(tx, 3)
    })
    expect(await customers()).toBe(2)
  })

  describe('commit in a handler', () =>
    commitStories(
      () => ({
        app: async () => {
          const own = legwork({ store: postgres({ url, schema: 'tx?jobs' }), log: silent })
          await own.durability()
          return own
        },
        transaction: (work) => client.transaction(work),
        pay: (tx, what) => client.sql(tx, `insert into payment (name) values ('${name} ${what}')`),
        paid: async (what) => rowsIn(`select 1 from payment where name = '${name} ${what}'`),
      }),
      name === 'pg' ? 'all' : 'some',
    ))

  test('what is no open transaction is refused, and says what to pass', async () => {
    const jobs = async () => (await (await app.store()).counts(['default']))[0]?.states.ready
    const before = await jobs()
    await expect(app.in(client.outside).enqueue(note, { text })).rejects.toMatchObject({
      ...refused,
      message: expect.stringMatching(/Pass (a|the) \w+/),
    })
    let leaked: unknown
    await client.transaction(async (tx) => {
      leaked = tx
      await app.in(tx).cancel('nobody')
    })
    await expect(app.in(leaked).enqueue(note, { text })).rejects.toMatchObject(refused)
    const failed = client.transaction(async (tx) => {
      await client.sql(tx, 'select 1/0').catch(() => {})
      await app.in(tx).enqueue(note, { text })
    })
    await expect(failed).rejects.toMatchObject(refused)
    expect(await jobs()).toBe(before)
  })
})

test.each([[{}], [7], ['tx'], [() => {}], [null], [undefined], [new Date()]])(
  'app.in(%s) is refused',
  async (tx) => {
    await expect(app.in(tx).enqueue(note, { text })).rejects.toMatchObject(refused)
    await expect(app.in(tx).cancel('nobody')).rejects.toMatchObject(refused)
  },
)

test('a client that is between two transactions is refused, and joins the next one', async () => {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  await expect(app.in(client).enqueue(note, { text })).rejects.toMatchObject(refused)
  const made: string[] = []
  for (const end of ['commit', 'rollback', 'commit']) {
    await client.query('begin')
    made.push((await app.in(client).enqueue(note, { text })).id)
    await client.query(end)
    await expect(app.in(client).enqueue(note, { text })).rejects.toMatchObject(refused)
  }
  expect(await Promise.all(made.map(stateOf))).toEqual(['ready', 'LW2301', 'ready'])
  await client.end()
  await expect(app.in(client).enqueue(note, { text })).rejects.toMatchObject(refused)
})

test('a rolled-back savepoint takes its job along', async () => {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  await client.query('begin')
  const kept = await app.in(client).enqueue(note, { text })
  await client.query('savepoint a')
  const gone = await app.in(client).enqueue(note, { text })
  await client.query('rollback to a')
  await client.query('commit')
  await client.end()
  expect([await stateOf(kept.id), await stateOf(gone.id)]).toEqual(['ready', 'LW2301'])
})

test('a worker hears of the job when the transaction commits', async () => {
  const done: string[] = []
  const own = legwork({ store: postgres({ url, schema: 'heard' }) })
  own.handle(note, ({ input }) => void done.push(input.text))
  await own.start()
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  await client.query('begin')
  const job = await own.in(client).enqueue(note, { text: 'a' })
  await client.query('commit')
  await job.result({ timeout: '10s' })
  await client.end()
  await own.stop()
  expect(done).toEqual(['a'])
})
