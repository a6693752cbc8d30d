// Who may do what on Postgres, jobs from plain SQL and triggers, and several apps in one database.
import { legwork, task, unchecked } from 'legwork'
import { postgres } from 'legwork/postgres'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { postgresServer } from '../fixtures/postgres.mjs'

const mail = task('mail', { input: unchecked<{ to: string }>(), queue: 'mails' })
let url: string
let admin: pg.Client
const ending: (() => Promise<unknown>)[] = []
beforeAll(async () => {
  url = (await postgresServer()).url
  admin = new pg.Client({ connectionString: url })
  await admin.connect()
})
afterAll(async () => {
  for (const end of ending.reverse()) await end()
  await admin.end()
})

const urlAs = (user: string) => url.replace('test@', `${user}@`)

/** An app on a schema of its own, whose tables are there. */
async function appOn(schema: string, user = 'test', migrate: 'auto' | 'never' = 'auto') {
  const app = legwork({ store: postgres({ url: urlAs(user), schema, migrate }) })
  ending.push(() => app.stop())
  await app.durability()
  return app
}

/** A role that may log in, and what the schema lets it do. */
async function roleOf(schema: string, kind: string): Promise<string> {
  const role = `${schema} ${kind}`
  await admin.query(`create role "${role}" login`)
  await admin.query(`select "${schema}".grant_rights($1, $2)`, [kind, role])
  return role
}
const denied = { code: 'LW1019' }

describe('roles', () => {
  test('a producer enqueues, also in its own transactions, and may do nothing else', async () => {
    const owner = await appOn('rights1')
    const role = await roleOf('rights1', 'producer')
    const app = await appOn('rights1', encodeURIComponent(role))
    const job = await app.enqueue(mail, { to: 'ada' })
    const client = new pg.Client({ connectionString: urlAs(encodeURIComponent(role)) })
    await client.connect()
    ending.push(() => client.end())
    await client.query('begin')
    const other = await app.in(client).enqueue(mail, { to: 'bob' })
    await expect(app.in(client).cancel(job.id)).rejects.toMatchObject(denied)
    await client.query('commit')
    expect((await owner.job(job.id).status()).state).toBe('ready')
    expect((await owner.job(other.id).status()).state).toBe('ready')

    await expect(job.status()).rejects.toMatchObject(denied)
    await expect(app.cancel(job.id)).rejects.toMatchObject(denied)
    await expect(app.pause('mails')).rejects.toMatchObject(denied)
    const { rows: tables } = await admin.query<{ name: string }>(
      `select relname as name from pg_class where relnamespace = 'rights1'::regnamespace and relkind in ('r', 'v', 'S')`,
    )
    expect(tables.length).toBeGreaterThan(20)
    for (const { name } of tables.filter(({ name: one }) => one !== 'meta'))
      await expect(client.query(`select 1 from rights1."${name}"`)).rejects.toMatchObject({ code: '42501' })
    for (const text of ['delete from rights1.meta', 'create table rights1.mine ()', 'drop table rights1.job'])
      await expect(client.query(text)).rejects.toMatchObject({ code: '42501' })
    const { rows: functions } = await client.query<{ name: string }>(
      `select proname as name from pg_proc where pronamespace = 'rights1'::regnamespace and has_function_privilege(oid, 'execute') order by 1`,
    )
    expect(functions.map(({ name }) => name)).toEqual(['enqueue', 'enqueue_v1', 'in_tx_v1', 'lanes_v1'])
  })

  test('a worker runs jobs without any right on a table', async () => {
    await appOn('rights2')
    const role = await roleOf('rights2', 'worker')
    const app = await appOn('rights2', encodeURIComponent(role))
    app.handle(mail, ({ input }) => input.to.length)
    await app.start()
    expect(await app.run(mail, { to: 'ada' }, { timeout: '20s' })).toBe(3)
    const { rows } = await admin.query(
      `select 1 from pg_class where relnamespace = 'rights2'::regnamespace and relkind = 'r' and relname <> 'meta'
       and has_table_privilege($1, oid, 'select, insert, update, delete')`,
      [role],
    )
    expect(rows).toEqual([])
    await app.stop()
  })

  test('a dashboard looks and acts, and neither enqueues nor runs', async () => {
    const owner = await appOn('rights3')
    const app = await appOn('rights3', encodeURIComponent(await roleOf('rights3', 'dashboard')))
    const { id } = await owner.enqueue(mail, { to: 'ada' })
    const store = await app.store()
    expect((await store.find({ queue: 'mails' }, { limit: 5 })).jobs).toHaveLength(1)
    expect(await store.workers()).toEqual([])
    expect((await store.retention.size()).now.live).toBe(1)
    await app.pause('mails', 'a look')
    await app.resume('mails')
    expect(await app.cancel(id)).toBe('done')
    await expect(app.enqueue(mail, { to: 'bob' })).rejects.toMatchObject(denied)
    await expect(store.tend(10)).rejects.toMatchObject(denied)
    const ask = { worker: 'w', call: 1, received: 0, limit: 1, queues: [] }
    await expect(store.claim(ask)).rejects.toMatchObject(denied)
  })

  test('what a role had is taken away, and holds through a migration', async () => {
    await appOn('rights4')
    const role = await roleOf('rights4', 'worker')
    const may = async (verb: string) =>
      (
        await admin.query(`select has_function_privilege($1, 'rights4.${verb}(text)', 'execute') as may`, [
          role,
        ])
      ).rows[0].may
    expect(await may('claim_now_v1').catch(() => may('exchange_v1'))).toBe(true)
    await admin.query(`select rights4.grant_rights('producer', $1)`, [role])
    expect([await may('exchange_v1'), await may('enqueue_v1')]).toEqual([false, true])
    // As a newer release does, which brings functions of its own.
    await admin.query(
      `drop function rights4.enqueue_v1(text); update rights4.meta set value = 'old' where key = 'functions'`,
    )
    await appOn('rights4')
    expect([await may('exchange_v1'), await may('enqueue_v1')]).toEqual([false, true])
    await admin.query(`select rights4.grant_rights('none', $1)`, [role])
    expect(await may('enqueue_v1')).toBe(false)
    await admin.query(`drop role "${role}"`)
    await expect(admin.query(`select rights4.grant_rights('king', 'test')`)).rejects.toThrow(
      /expected producer, worker/,
    )
  })

  test('who may not migrate is told so, and a worker does not need to', async () => {
    await admin.query('create role "plain" login')
    const store = postgres({ url: urlAs('plain'), schema: 'nothere' })
    await expect(store.open()).rejects.toMatchObject(denied)
    await appOn('rights5')
    const stranger = postgres({ url: urlAs('plain'), schema: 'rights5' })
    await expect(stranger.open()).rejects.toThrow(/LW1019.*select rights5\.grant_rights\('worker', 'USER'\)/)
  })
})

test('apps in schemas of their own share a database and know nothing of each other', async () => {
  const [one, other] = [await appOn('shop one'), await appOn('Shop"Two')]
  const done: string[] = []
  for (const [name, app] of [
    ['one', one],
    ['two', other],
  ] as const) {
    app.handle(mail, ({ input }) => void done.push(`${name}:${input.to}`))
    await app.start()
  }
  const id = 'same-id'
  const jobs = [await one.enqueue(mail, { to: 'a' }, { id }), await other.enqueue(mail, { to: 'b' }, { id })]
  await Promise.all(jobs.map((job) => job.result({ timeout: '20s' })))
  expect(done.toSorted()).toEqual(['one:a', 'two:b'])
  await one.pause('mails')
  await other.run(mail, { to: 'c' }, { timeout: '20s' })
  expect(await one.job(id).status()).toMatchObject({ state: 'completed' })
  expect((await (await one.store()).counts())[0]).toMatchObject({ queue: 'mails', states: { completed: 1 } })
})

describe('the SQL function', () => {
  const call = async (text: string) =>
    (await admin.query<{ id: string }>(`select ${text} as id`)).rows[0]?.id ?? ''

  test('makes jobs that a worker runs, with all that an enqueue may say', async () => {
    const app = await appOn('plain')
    const seen: unknown[] = []
    app.handle(mail, ({ input, job }) => void seen.push([input, job.queue, job.maxAttempts]))
    const ids = [
      await call(
        `plain.enqueue('mail', '{"to":"ada"}', '{"queue":"mails","attempts":3,"priority":"high","tags":["b","a","b"]}')`,
      ),
      await call(
        `plain.enqueue('mail', jsonb_build_object('to', U&'\\F8FF é 😀 "q" \\005C'), '{"queue":"mails"}')`,
      ),
    ]
    const later = await call(
      `plain.enqueue('mail', '{"to":"eve"}', jsonb_build_object('queue', 'mails', 'delay', '5 minutes', 'ttl', '1d', 'deadline', '2 days', 'version', 1))`,
    )
    expect(ids.every((id) => /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/.test(id))).toBe(true)
    const [first, , third] = await (await app.store()).get([...ids, later])
    expect(first).toMatchObject({ priority: 2, tags: ['a', 'b'], maxAttempts: 3 })
    expect(third).toMatchObject({ state: 'scheduled', task: 'mail', version: 1 })
    expect((third?.availableAt ?? 0) - (third?.createdAt ?? 0)).toBe(300_000)
    await app.start()
    for (const id of ids) await app.job(id).result({ timeout: '20s' })
    expect(seen).toEqual([
      [{ to: 'ada' }, 'mails', 3],
      [{ to: '\uF8FF é 😀 "q" \\' }, 'mails', 10],
    ])
    await app.stop()
  })

  test('finds the job of an id of your own, and refuses one of another task', async () => {
    await appOn('plain')
    expect(await call(`plain.enqueue('mail', '{}', '{"id":"mail-7"}')`)).toBe('mail-7')
    expect(await call(`plain.enqueue('mail', '{}', '{"id":"mail-7"}')`)).toBe('mail-7')
    const { rows } = await admin.query(`select count(*)::int as n from plain.job where id = 'mail-7'`)
    expect(rows).toEqual([{ n: 1 }])
    await expect(call(`plain.enqueue('other', '{}', '{"id":"mail-7"}')`)).rejects.toThrow('LW1207 job mail-7')
  })

  test.each([
    [`'', '{}'`, 'LW1201 task'],
    [`null, '{}'`, 'LW1201 task'],
    [`'a b'`, 'LW1201 task'],
    [`'mail', '{}', '{"que":"a"}'`, 'LW1201 options: expected any of id, queue'],
    [`'mail', '{}', '[]'`, 'LW1201 options'],
    [`'mail', '{}', '{"priority":10}'`, 'LW1201 priority'],
    [`'mail', '{}', '{"attempts":0}'`, 'LW1201 attempts'],
    [`'mail', '{}', '{"version":"x"}'`, 'LW1201 version'],
    [`'mail', '{}', '{"delay":"soon"}'`, 'invalid input syntax for type interval'],
    [`'mail', '{}', '{"delay":"-1s"}'`, 'LW1201 delay'],
    [`'mail', '{}', '{"ttl":"0s"}'`, 'LW1201 ttl'],
    [`'mail', '{}', '{"ttl":"101 years"}'`, 'LW1201 ttl'],
    [`'mail', '{}', '{"run_at":"2020-01-01"}'`, 'LW1202 run_at'],
    [`'mail', '{}', '{"run_at":"2999-01-01","delay":"1s"}'`, 'LW1201 run_at'],
    [`'mail', '{}', '{"id":"schedule:x"}'`, 'LW1201 id'],
    [`'mail', '{}', '{"id":""}'`, 'LW1201 id'],
    [`'mail', '{}', '{"tags":"a"}'`, 'LW1201 tags'],
    [`'mail', '{}', '{"tags":["a b"]}'`, 'LW1201 tags'],
    [`'mail', to_jsonb(repeat('x', 1048576))`, 'LW1201 payload'],
  ])('refuses (%s)', async (args, message) => {
    await appOn('plain')
    await expect(call(`plain.enqueue(${args})`)).rejects.toThrow(message)
  })

  test('a full queue refuses', async () => {
    const app = await appOn('plain')
    await app.limitQueue('small', { maxWaiting: 1 })
    await call(`plain.enqueue('mail', '{}', '{"queue":"small"}')`)
    await expect(call(`plain.enqueue('mail', '{}', '{"queue":"small"}')`)).rejects.toThrow(
      'LW1212 queue small',
    )
  })

  test('a trigger of a role that may only enqueue makes a job for each row that commits', async () => {
    const app = await appOn('triggered')
    const role = await roleOf('triggered', 'producer')
    await admin.query(`
      create table orders (id int primary key, paid boolean);
      grant select, insert, update on orders to "${role}";
      create function order_paid() returns trigger language plpgsql as $$
      begin
        perform triggered.enqueue('mail', jsonb_build_object('to', new.id::text), jsonb_build_object('queue', 'mails', 'id', 'order-' || new.id));
        return new;
      end $$;
      create trigger order_paid after insert or update on orders for each row when (new.paid) execute function order_paid();`)
    const client = new pg.Client({ connectionString: urlAs(encodeURIComponent(role)) })
    await client.connect()
    await client.query('insert into orders values (1, true), (2, false)')
    await client.query('begin')
    await client.query('insert into orders values (3, true)')
    await client.query('rollback')
    await client.query('update orders set paid = true')
    await client.end()
    const { jobs } = await (await app.store()).find({ queue: 'mails' }, { limit: 10 })
    expect(jobs.map(({ id }) => id).toSorted()).toEqual(['order-1', 'order-2'])
  })
})
