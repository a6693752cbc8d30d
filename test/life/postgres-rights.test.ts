// Who may do what on Postgres, jobs from plain SQL and triggers, and several apps in one database.
import { legwork, task, unchecked } from 'legwork'
import { postgres } from 'legwork/postgres'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { folder, start } from '../cli-kit.ts'
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
    await expect(stranger.open()).rejects.toThrow(
      /LW1019.*legwork grant --role "plain" --kind worker.*select rights5\.grant_rights\('worker', 'plain'\)/,
    )
  })
})

describe('legwork grant', () => {
  const grant = (args: readonly string[], at: string) =>
    start(['grant', ...args, '--url', at], { cwd: folder() }).ended

  test('makes a role what it is to be, and the other kind takes the first away', async () => {
    const owner = await appOn('granted')
    await admin.query('create role "shop web" login')
    const at = `${url}?schema=granted`
    const done = await grant(['--role', 'shop web', '--kind', 'producer', '--json'], at)
    expect(done).toMatchObject({ code: 0, err: '' })
    expect(JSON.parse(done.out)).toEqual({
      ...{ role: 'shop web', kind: 'producer', schema: '"granted"' },
      statements: [`select "granted".grant_rights('producer', 'shop web')`],
    })
    const app = await appOn('granted', 'shop%20web')
    const job = await app.enqueue(mail, { to: 'ada' })
    await expect(job.status()).rejects.toMatchObject(denied)
    expect(await grant(['--role', 'shop web', '--kind', 'dashboard'], at)).toMatchObject({
      ...{ code: 0, out: '' },
      err: expect.stringMatching(/^shop web, dashboard of schema "granted" in postgres:.*look at everything/),
    })
    expect(await job.status()).toMatchObject({ state: 'ready' })
    await expect(app.enqueue(mail, { to: 'bob' })).rejects.toMatchObject(denied)
    await grant(['--role', 'shop web', '--kind', 'none'], at)
    await expect(job.status()).rejects.toMatchObject(denied)
    expect((await owner.job(job.id).status()).state).toBe('ready')
  })

  test('a migrator makes the schema, or takes over one that is there, and the app goes on as a worker', async () => {
    await admin.query('create role shop_migrator login; create role shop_app login')
    const as = (role: string, schema: string) => `${urlAs(role)}?schema=${schema}`
    expect((await grant(['--role', 'shop_migrator', '--kind', 'migrator'], `${url}?schema=made`)).code).toBe(
      0,
    )
    const made = await start(['migrate', '--url', as('shop_migrator', 'made')], { cwd: folder() }).ended
    expect(made.code).toBe(0)
    const ownerOf = async (schema: string) =>
      (
        await admin.query<{ owner: string }>(
          `select distinct pg_get_userbyid(o) as owner from (
            select nspowner as o from pg_namespace where nspname = $1
            union all select relowner from pg_class where relnamespace = $1::regnamespace
            union all select proowner from pg_proc where pronamespace = $1::regnamespace) x`,
          [schema],
        )
      ).rows.map(({ owner }) => owner)
    expect(await ownerOf('made')).toEqual(['shop_migrator'])

    await appOn('taken')
    expect((await grant(['--role', 'shop_app', '--kind', 'worker'], `${url}?schema=taken`)).code).toBe(0)
    expect((await grant(['--role', 'shop_migrator', '--kind', 'migrator'], `${url}?schema=taken`)).code).toBe(
      0,
    )
    expect(await ownerOf('taken')).toEqual(['shop_migrator'])
    // A newer release, which only its owner can bring in; the app's role keeps what it may.
    await admin.query(`update taken.meta set value = 'old' where key = 'functions'`)
    await expect(appOn('taken', 'shop_app')).rejects.toMatchObject(denied)
    const again = await start(['migrate', '--url', as('shop_migrator', 'taken')], { cwd: folder() }).ended
    expect(again.code).toBe(0)
    const app = await appOn('taken', 'shop_app')
    app.handle(mail, ({ input }) => input.to.length)
    await app.start()
    expect(await app.run(mail, { to: 'ada' }, { timeout: '20s' })).toBe(3)
    await app.stop()
  })

  test('--sql prints what psql takes, and runs nothing', async () => {
    await appOn('printed')
    await admin.query(`create role "it's" login`)
    const at = `${url}?schema=printed`
    const { code, out } = await grant(['--role', "it's", '--kind', 'worker', '--sql'], at)
    expect([code, out]).toEqual([
      0,
      `grant connect on database "postgres" to "it's";\nselect "printed".grant_rights('worker', 'it''s');\n`,
    ])
    const may = async () =>
      (await admin.query(`select has_schema_privilege('it''s', 'printed', 'usage') as may`)).rows[0].may
    expect(await may()).toBe(false)
    await admin.query(out)
    expect(await may()).toBe(true)
  })

  test('who cannot be served is told why, and nothing changes', async () => {
    await appOn('refusing')
    await admin.query('create role nobody_special login')
    const at = `${url}?schema=refusing`
    const worker = ['--role', 'nobody_special', '--kind', 'worker']
    for (const [args, place, code, says] of [
      [
        ['--role', 'not_there', '--kind', 'worker'],
        at,
        2,
        /^LW1201 role: got "not_there".*create role "not_there"/,
      ],
      [['--role', '', '--kind', 'worker'], at, 2, /^LW1201 role: /],
      [['--role', 'x', '--kind', 'king'], at, 2, /producer, worker, dashboard, migrator, none/],
      [['--role', 'x'], at, 2, /--kind/],
      [['--kind', 'worker'], at, 2, /--role/],
      [worker, `${url}?schema=nowhere`, 6, /^LW1011 .*has no Legwork schema "nowhere".*legwork migrate/],
      [
        worker,
        `${urlAs('nobody_special')}?schema=refusing`,
        6,
        /^LW1019 .*Connect as test, who owns the schema/,
      ],
      [worker, './jobs.db', 2, /^LW1201 --url: got .*expected postgres:.*chown/],
      [worker, 'redis://127.0.0.1:1', 2, /^LW1201 --url: got .*expected postgres:.*ACL/],
      [worker, 'postgres://127.0.0.1:1/x', 6, /^LW1017 .*127\.0\.0\.1:1/],
    ] as const) {
      const told = await grant(args, place)
      expect([told.code, told.out], told.err).toEqual([code, ''])
      expect(told.err).toMatch(says)
      expect(told.err).not.toMatch(/\n\s+at /)
    }
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

  const sync = task('sync', {
    input: unchecked<{ user: string }>(),
    unique: { by: (input) => input.user, onConflict: 'return' },
  })
  const list = task('list', {
    input: unchecked<{ a: number; b: string }>(),
    unique: { by: ({ a, b }) => [a, b] },
  })

  test('a unique key is the one that the app makes of the same text, number or list', async () => {
    const app = await appOn('twins')
    for (const [i, key] of ['7', 'é "q" \\ \n \u0001 😀', 'x'.repeat(1_000)].entries()) {
      const first = await app.enqueue(sync, { user: key })
      const text = JSON.stringify({ unique: { key } })
      const { rows } = await admin.query(`select twins.enqueue('sync', '{}', $1) as id`, [text])
      expect(rows, `key ${i}`).toEqual([{ id: first.id }])
      const shorthand = JSON.stringify({ unique: key })
      expect((await admin.query(`select twins.enqueue('sync', '{}', $1) as id`, [shorthand])).rows).toEqual(
        rows,
      )
    }
    const ours = await call(`twins.enqueue('list', '{"a":7,"b":"x"}', '{"unique":[7.0,"x"]}')`)
    expect(await app.enqueue(list, { a: 7, b: 'x' })).toMatchObject({ id: ours, duplicate: true })
    // Keys belong to their task, and 7 is not '7'.
    expect(await call(`twins.enqueue('list', '{}', '{"unique":[7,7]}')`)).not.toBe(ours)
    expect(await call(`twins.enqueue('sync', '{}', '{"unique":7}')`)).not.toBe(
      (await app.enqueue(sync, { user: '7' })).id,
    )
  })

  test('the rule of a key says who holds it how long, and what becomes of the newcomer', async () => {
    const app = await appOn('twins')
    const put = (key: string, rule: object, payload = '{}') =>
      admin
        .query<{ id: string }>(`select twins.enqueue('rule', $1, $2) as id`, [
          payload,
          JSON.stringify({ unique: { key, ...rule } }),
        ])
        .then(({ rows }) => rows[0]?.id ?? '')
    const held = await put('a', { while: 'incomplete', on_conflict: 'throw' })
    await expect(put('a', { on_conflict: 'throw' })).rejects.toThrow(
      `LW1209 job ${held} of task rule holds the unique key`,
    )
    expect(await put('a', {})).toBe(held)
    expect(await put('a', { on_conflict: 'replace' }, '{"n":2}')).toBe(held)
    expect((await (await app.store()).get([held]))[0]).toMatchObject({ payload: '{"n": 2}', state: 'ready' })
    await app.cancel(held)
    expect(await put('a', {})).not.toBe(held)

    const throttled = await put('t', { throttle: '1 hour' })
    await app.cancel(throttled)
    expect(await put('t', { throttle: '1 hour' })).toBe(throttled)

    const quiet = await put('d', { debounce: '1 hour', max_wait: '2 hours' })
    expect(await put('d', { debounce: '1 hour' }, '{"n":3}')).toBe(quiet)
    expect((await (await app.store()).get([quiet]))[0]).toMatchObject({
      state: 'scheduled',
      payload: '{"n": 3}',
    })
    const latest = await put('l', { latest: true })
    expect(await put('l', { latest: true }, '{"n":4}')).toBe(latest)
    // Only as the app's own rules do: the same bits of states.
    const { rows } = await admin.query<{ states: number }>(
      'select distinct states from twins.unique_key order by 1',
    )
    expect(rows.map(({ states }) => states)).toEqual([15, 127, 1023])
  })

  test.each([
    ['{"unique":true}', 'LW1210 unique.key'],
    ['{"unique":null}', 'LW1210 unique.key'],
    ['{"unique":{}}', 'LW1210 unique.key'],
    ['{"unique":""}', 'LW1210 unique.key'],
    ['{"unique":[]}', 'LW1210 unique.key'],
    ['{"unique":[["a"]]}', 'LW1210 unique.key'],
    ['{"unique":0.5}', 'LW1210 unique.key'],
    ['{"unique":1e20}', 'LW1210 unique.key'],
    [`{"unique":"${'x'.repeat(1_023)}"}`, 'LW1210 unique.key'],
    ['{"unique":{"key":"a","by":"b"}}', 'LW1201 unique'],
    ['{"unique":{"key":"a","while":"running"}}', 'LW1201 unique.while'],
    ['{"unique":{"key":"a","on_conflict":"ignore"}}', 'LW1201 unique.on_conflict'],
    ['{"unique":{"key":"a","throttle":"1m","for":"1m"}}', 'LW1201 unique: expected one of'],
    ['{"unique":{"key":"a","throttle":"1m","latest":true}}', 'LW1201 unique: expected one of'],
    ['{"unique":{"key":"a","latest":false}}', 'LW1201 unique.latest'],
    ['{"unique":{"key":"a","max_wait":"1m"}}', 'LW1201 unique.max_wait'],
    ['{"unique":{"key":"a","debounce":"2m","max_wait":"1m"}}', 'LW1201 unique.max_wait'],
    ['{"unique":{"key":"a","debounce":"2m"},"delay":"1m"}', 'LW1201 unique.debounce'],
    ['{"unique":{"key":"a","for":"0s"}}', 'LW1201 for'],
  ])('refuses %s', async (options, message) => {
    await appOn('plain')
    await expect(admin.query(`select plain.enqueue('mail', '{}', $1)`, [options])).rejects.toThrow(message)
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
