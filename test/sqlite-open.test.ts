import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { driver, openDatabase, type SqliteOptions, sqlite } from 'legwork/sqlite'
import type { Store } from 'legwork/store'
import { newestVersion } from '../src/stores/sqlite/migrate.ts'
import { schema } from '../src/stores/sqlite/sql.generated.ts'
import { afterAll, expect, onTestFinished, test } from 'vitest'

const root = mkdtempSync(join(tmpdir(), 'legwork-open-'))
const dist = fileURLToPath(new URL('../dist/', import.meta.url))
afterAll(() => rmSync(root, { recursive: true, force: true }))

let files = 0
const newPath = (): string => join(root, `${++files}`, 'jobs.db')

async function opened(options: SqliteOptions): Promise<Store> {
  const store = sqlite(options)
  onTestFinished(() => store.close())
  await store.open()
  return store
}

const retain = { completed: 86_400_000, cancelled: 604_800_000, dead: null }
const job = (id: string, more: object = {}) => ({
  id,
  task: 'mail.send',
  queue: 'default',
  payload: '{}',
  version: 1,
  priority: 5,
  maxAttempts: 10,
  tags: [],
  retain,
  ...more,
})
const about = { host: 'h', pid: 1, version: '1', queues: ['default'], tasks: [], concurrency: 1 }
const ask = { worker: 'w', call: 1, received: 0, limit: 10, queues: [{ name: 'default', limit: 10 }] }
const code = (code: string) => expect.objectContaining({ code })
const total = async (store: Store) =>
  Object.values((await store.counts())[0]?.states ?? {}).reduce((a, b) => a + b, 0)

/** Runs a program of its own with the built library; answers what it printed. */
async function program(text: string, from = dist): Promise<string> {
  const path = join(root, `${++files}.mjs`)
  writeFileSync(path, text.replaceAll('DIST', `file://${from}`))
  const child = spawn(process.execPath, [path], { stdio: ['ignore', 'pipe', 'inherit'] })
  let out = ''
  child.stdout.on('data', (chunk) => (out += chunk))
  const [exit] = await once(child, 'close')
  return `${out.trim()} exit ${exit}`
}

/** A database as others have them: no WAL, nothing of ours. */
async function openPlain(path: string) {
  const { DatabaseSync } = await driver()
  return new DatabaseSync(path)
}

/** A file system of its own, where this machine allows one. */
function mounted(options: string): string | undefined {
  const folder = join(root, `mount-${++files}`)
  mkdirSync(folder)
  const done = spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', folder])
  if (done.status !== 0) return undefined
  onTestFinished(() => void spawnSync('umount', ['-l', folder]))
  return folder
}

test('the default is power-safe, as read back from the engine', async () => {
  const report = await sqliteReport({ path: newPath() })
  expect(report.level).toBe('power-safe')
  expect(report.findings).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ about: 'journal_mode', value: 'wal', verdict: 'good' }),
      expect.objectContaining({ about: 'synchronous', value: 'full', verdict: 'good' }),
    ]),
  )
})

test('process-safe is what the report says when it was asked for', async () => {
  const report = await sqliteReport({ path: newPath(), durability: 'process-safe' })
  expect(report.level).toBe('process-safe')
  expect(report.findings).toContainEqual(
    expect.objectContaining({ about: 'synchronous', value: 'normal', verdict: 'warn' }),
  )
})

async function sqliteReport(options: SqliteOptions) {
  const store = sqlite(options)
  onTestFinished(() => store.close())
  return store.open()
}

test('memory loses jobs with the process: refused, unless that is accepted', async () => {
  await expect(opened({ path: ':memory:' })).rejects.toEqual(code('LW1012'))
  const store = await opened({ path: ':memory:', acceptDataLoss: true })
  expect(store.can.durable).toBe(false)
  expect(await store.enqueue([job('a')])).toMatchObject([{ outcome: 'created' }])
})

test('paths that cannot be a store are refused before anything is written', async () => {
  await expect(opened({ path: root })).rejects.toEqual(code('LW1002'))
  writeFileSync(join(root, 'plain'), 'text')
  await expect(opened({ path: join(root, 'plain', 'jobs.db') })).rejects.toEqual(code('LW1002'))
  await expect(opened({ path: '/proc/legwork/jobs.db' })).rejects.toEqual(code('LW1002'))
  expect(() => sqlite({ path: '' })).toThrow(/LW1201/)
  expect(() => sqlite({ path: 'x', durability: 'none' as never })).toThrow(/LW1201/)
})

test('a read-only file system is refused', async (context) => {
  const folder = mounted('ro,size=1m')
  if (!folder) return context.skip('this machine mounts nothing')
  await expect(opened({ path: join(folder, 'jobs.db') })).rejects.toEqual(code('LW1002'))
})

test('a file that is no database is refused and stays as it was', async () => {
  const path = join(root, 'letter.db')
  const text = 'Dear Ada, '.repeat(1_000)
  writeFileSync(path, text)
  await expect(opened({ path })).rejects.toEqual(code('LW1003'))
  expect(readFileSync(path, 'utf8')).toBe(text)
})

test('a corrupt database is named as such, also when it shows only later', async () => {
  const path = newPath()
  const store = await opened({ path })
  await store.enqueue(Array.from({ length: 500 }, (_, i) => job(`job-${i}`)))
  await store.close()
  const bytes = readFileSync(path)
  bytes.fill(0xa5, 4_096 * 3)
  writeFileSync(path, bytes)
  const broken = async () => {
    const again = await opened({ path })
    await again.enqueue([job('new')])
    await again.find({}, { limit: 100 })
  }
  await expect(broken()).rejects.toEqual(code('LW1003'))
})

test('a file of a newer version is refused and not changed', async () => {
  const path = newPath()
  await (await opened({ path })).close()
  const db = await openDatabase(path)
  db.exec("update legwork_meta set value = '999' where key = 'schema'")
  await expect(opened({ path })).rejects.toEqual(code('LW1010'))
  expect(db.prepare("select value from legwork_meta where key = 'schema'").get()).toMatchObject({
    value: '999',
  })
  db.close()
})

test('without automatic migration an empty place is refused and stays empty, until somebody migrates', async () => {
  const path = newPath()
  await expect(opened({ path, migrate: 'never' })).rejects.toEqual(code('LW1011'))
  expect(existsSync(path)).toBe(false)
  const store = sqlite({ path, migrate: 'never' })
  onTestFinished(() => store.close())
  expect(await store.migrate({ dryRun: true })).toMatchObject({
    from: 0,
    to: newestVersion,
    steps: schema.map(({ version, name }) => ({ version, name })),
  })
  expect(existsSync(path)).toBe(false)
  expect(await store.migrate()).toMatchObject({ from: 0, to: newestVersion })
  expect(await store.migrate()).toMatchObject({ from: newestVersion, to: newestVersion, steps: [] })
  expect((await store.open()).level).toBe('power-safe')
})

test('a file of the first schema is brought up to date with the jobs that it holds', async () => {
  const path = newPath()
  const db = await openDatabase(path)
  db.exec(schema[0]?.sql ?? '')
  db.exec(`
    insert into legwork_meta (key, value) values ('schema', '1');
    insert into legwork_queue (id, name) values (1, 'default');
    insert into legwork_task (id, name) values (1, 'mail'), (2, 'thumb');
    insert into legwork_job (seq, id, task_id, queue_id, version, priority, max_attempts, created_at_ms, payload)
    values (1, 'old-1', 2, 1, 1, 5, 3, 1000, '1'), (2, 'old-2', 1, 1, 1, 5, 3, 2000, '2'), (3, 'old-3', 1, 1, 2, 5, 3, 3000, '3');
    insert into legwork_ticket (seq, state, queue_id, sort_key, available_at_ms)
    values (1, 3, 1, 301000, 1000), (2, 3, 1, 302000, 2000), (3, 3, 1, 303000, 3000);
    insert into legwork_tally (queue_id, state, n) values (1, 3, 3);
  `)
  db.close()
  const store = await opened({ path })
  await store.beat({ worker: 'w', ttlMs: 15_000, about })
  const ask = { worker: 'w', received: 0, limit: 10, queues: [{ name: 'default', limit: 10 }] }
  const first = await store.claim({ ...ask, call: 1, tasks: [{ name: 'mail', version: 1 }] })
  const rest = await store.claim({ ...ask, call: 2, received: 1 })
  expect(first.jobs.map(({ id }) => id)).toEqual(['old-2'])
  expect(rest.jobs.map(({ id, payload }) => [id, payload])).toEqual([
    ['old-1', '1'],
    ['old-3', '3'],
  ])
})

test('a database that is none of ours is refused and left byte for byte as it was', async () => {
  const path = join(root, 'notes.db')
  const db = await openPlain(path)
  db.exec("create table note (text text); insert into note values ('mine')")
  db.close()
  const before = readFileSync(path)
  await expect(opened({ path, migrate: 'never' })).rejects.toThrow(/LW1011 .*is no Legwork store/)
  const again = await openPlain(path)
  again.exec(
    "create table legwork_meta (key text, value text); insert into legwork_meta values ('schema', '999')",
  )
  again.close()
  const newer = readFileSync(path)
  await expect(opened({ path })).rejects.toEqual(code('LW1010'))
  expect(readFileSync(path).equals(newer)).toBe(true)
  expect(newer.equals(before)).toBe(false)
  expect(readdirSync(root).filter((name) => name.startsWith('notes.db'))).toEqual(['notes.db'])
})

test('a connection of one’s own is opened by a plain path', async () => {
  const open = openDatabase as (...args: unknown[]) => Promise<unknown>
  for (const path of [5, undefined, null, '', 'a\0b'])
    await expect(open(path)).rejects.toEqual(code('LW1201'))
  for (const path of ['sqlite:./u.db', 'file:u.db', 'SQLITE:u.db'])
    await expect(open(path)).rejects.toThrow(/LW1201 path: .*a plain path, without/)
  await expect(open(newPath(), { timeout: 5 })).rejects.toThrow(/LW1201 .*timeoutMs/)
  await expect(open(newPath(), { durability: 'none' })).rejects.toThrow(/LW1201 durability/)
  expect(() => sqlite('sqlite:./u.db')).toThrow(/LW1201 path/)
  expect(existsSync('sqlite:.')).toBe(false)
})

test('a transaction that read before others wrote is told to begin immediate', async () => {
  const path = newPath()
  const store = await opened({ path })
  const db = await openDatabase(path)
  onTestFinished(() => db.close())
  db.exec('begin')
  db.prepare('select count(*) from legwork_meta').get()
  await store.enqueue([job('quicker')])
  await expect(store.enqueue([job('late')], { tx: db })).rejects.toThrow(/LW1014 .*begin immediate/)
  db.exec('rollback')
  db.exec('begin immediate')
  expect(await store.enqueue([job('late')], { tx: db })).toMatchObject([{ outcome: 'created' }])
  db.exec('commit')
})

test('any number of processes may open a new file at once', async () => {
  const path = newPath()
  const text = `import { sqlite } from 'DIST/stores/sqlite/index.js'
    const store = sqlite(${JSON.stringify(path)})
    await store.open()
    await store.enqueue([${JSON.stringify(job('x'))}].map((job) => ({ ...job, id: 'by-' + process.pid })))
    await store.close()
    console.log('opened')`
  expect(await Promise.all(Array.from({ length: 4 }, () => program(text)))).toEqual(
    Array(4).fill('opened exit 0'),
  )
  expect(await total(await opened({ path }))).toBe(4)
})

test('a store that nobody closes does not keep its process alive', async () => {
  const text = `import { sqlite } from 'DIST/stores/sqlite/index.js'
    const store = sqlite(${JSON.stringify(newPath())})
    await store.open()
    store.listen(() => {})
    await store.beat({ worker: 'w', ttlMs: 15000, about: ${JSON.stringify(about)} })
    await store.keepBeating({ worker: 'w', ttlMs: 15000 }, { tick: new SharedArrayBuffer(8), everyMs: 10, maxStallMs: 1e15 }, () => {})
    console.log('done')`
  expect(await program(text)).toBe('done exit 0')
})

test('without a driver, or with one that is too old, the error names the remedy', async (context) => {
  if (process.getBuiltinModule?.('node:sqlite' as never)) return context.skip('this Node has a driver inside')
  const bare = join(root, 'bare')
  cpSync(dist, join(bare, 'dist'), { recursive: true })
  writeFileSync(join(bare, 'package.json'), '{ "type": "module" }')
  mkdirSync(join(bare, 'node_modules'))
  symlinkSync(join(dist, '../node_modules/croner'), join(bare, 'node_modules/croner'))
  const text = `import { sqlite } from 'DIST/stores/sqlite/index.js'
    await sqlite(${JSON.stringify(newPath())}).open().catch((error) => console.log(error.message))`
  expect(await program(text, join(bare, 'dist'))).toMatch(
    /^LW1001 .*npm install @photostructure\/sqlite exit 0$/,
  )
  const old = join(bare, 'node_modules', '@photostructure', 'sqlite')
  mkdirSync(old, { recursive: true })
  writeFileSync(join(old, 'package.json'), '{ "type": "module", "exports": "./index.js" }')
  writeFileSync(
    join(old, 'index.js'),
    `export class DatabaseSync { prepare() { return { get: () => ({ version: '3.50.4' }) } } close() {} }`,
  )
  expect(await program(text, join(bare, 'dist'))).toMatch(
    /^LW1015 .*3\.50\.4.*npm install @photostructure\/sqlite exit 0$/,
  )
})

test('jobs enqueued in the caller’s transaction exist when it commits, and never existed when it rolls back', async () => {
  const path = newPath()
  const store = await opened({ path })
  const db = await openDatabase(path)
  onTestFinished(() => db.close())
  db.exec('create table customer (name text)')
  db.exec('begin immediate')
  db.exec("insert into customer values ('Ada')")
  expect(await store.enqueue([job('welcome', { tags: ['new'] })], { tx: db })).toMatchObject([
    { outcome: 'created' },
  ])
  expect(await store.get(['welcome'])).toEqual([undefined])
  const heard = new Promise<void>((resolve) => store.listen(resolve))
  db.exec('commit')
  await heard
  expect(await store.get(['welcome'])).toMatchObject([{ state: 'ready', tags: ['new'] }])
  db.exec('begin immediate')
  await store.enqueue([job('lost', { queue: 'never', task: 'seen' })], { tx: db })
  db.exec('rollback')
  // The same connection again: names that were rolled back must not be remembered.
  db.exec('begin immediate')
  await store.enqueue([job('kept', { queue: 'never', task: 'seen' })], { tx: db })
  db.exec('commit')
  expect(await store.get(['lost', 'kept'])).toMatchObject([undefined, { queue: 'never', task: 'seen' }])
  expect(await store.counts(['never'])).toMatchObject([{ states: { ready: 1 } }])
})

test('what is no open transaction on the store’s file is refused by name', async () => {
  const path = newPath()
  const store = await opened({ path })
  const [db, other] = [await openDatabase(path), await openDatabase(newPath())]
  onTestFinished(() => other.close())
  other.exec('begin immediate')
  const enqueue = (tx: unknown) => store.enqueue([job('a')], { tx })
  await expect(enqueue({})).rejects.toThrow(/LW1014 .*an object of class Object/)
  await expect(enqueue(null)).rejects.toThrow(/LW1014 .*null/)
  await expect(enqueue(db)).rejects.toThrow(/LW1014 .*no transaction is open/)
  await expect(enqueue(other)).rejects.toThrow(/LW1014 .*the connection is to/)
  db.close()
  await expect(enqueue(db)).rejects.toThrow(/LW1014 .*closed/)
  expect(await total(store)).toBe(0)
})

test('a full database writes nothing of the failed call, and goes on when there is room', async () => {
  const path = newPath()
  const store = await opened({ path, maxBytes: 600_000 })
  const big = (id: string) => job(id, { payload: JSON.stringify('x'.repeat(100_000)) })
  await store.enqueue([big('1'), big('2')])
  await expect(store.enqueue([job('small'), big('3'), big('4'), big('5')])).rejects.toEqual(code('LW1004'))
  expect(await store.get(['small', '3'])).toEqual([undefined, undefined])
  expect(await total(store)).toBe(2)
  // A call that fits is not failed by one that does not, though both share a commit.
  const both = await Promise.allSettled([
    store.enqueue([big('6'), big('7'), big('8')]),
    store.enqueue([job('fits')]),
  ])
  expect(both).toMatchObject([{ status: 'rejected', reason: { code: 'LW1004' } }, { status: 'fulfilled' }])
  await store.act({ verb: 'remove', ids: ['1'], by: 'test' })
  expect(await store.enqueue([big('3')])).toMatchObject([{ outcome: 'created' }])
  expect(await total(store)).toBe(3)
})

test('a full disk writes nothing of the failed call, and goes on when there is room', async (context) => {
  const folder = mounted('size=4m')
  if (!folder) return context.skip('this machine mounts nothing')
  const store = await opened({ path: join(folder, 'jobs.db') })
  await store.enqueue([job('before')])
  spawnSync('dd', ['if=/dev/zero', `of=${join(folder, 'filler')}`, 'bs=64k'])
  const many = Array.from({ length: 500 }, (_, i) =>
    job(`job-${i}`, { payload: JSON.stringify('x'.repeat(1_000)) }),
  )
  await expect(store.enqueue(many)).rejects.toEqual(code('LW1004'))
  expect(await total(store)).toBe(1)
  rmSync(join(folder, 'filler'))
  await store.enqueue(many)
  expect(await total(store)).toBe(501)
})

test('a lock that another process holds is waited for, and named when it lasts too long', async () => {
  const path = newPath()
  const store = await opened({ path, busyTimeoutMs: 200 })
  const db = await openDatabase(path)
  onTestFinished(() => db.close())
  db.exec('begin immediate')
  await expect(store.enqueue([job('a')])).rejects.toEqual(code('LW1013'))
  expect(await total(store)).toBe(0)
  const waiting = store.enqueue([job('b')])
  // Reads go on meanwhile; when this one is answered, the enqueue has met the lock.
  await store.counts()
  db.exec('rollback')
  expect(await waiting).toMatchObject([{ outcome: 'created' }])
})

test('a call that cannot be written fails alone', async () => {
  const store = await opened({ path: newPath() })
  const answers = await Promise.allSettled([
    store.enqueue([job('a')]),
    store.enqueue([job('b'), job('c', { payload: undefined })]),
    store.enqueue([job('d')]),
  ])
  expect(answers.map((answer) => answer.status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
  expect(await store.get(['a', 'b', 'c', 'd'])).toMatchObject([
    { id: 'a' },
    undefined,
    undefined,
    { id: 'd' },
  ])
})

test('a settlement that cannot be written makes its job dead, and fails no other', async () => {
  const store = await opened({ path: newPath() })
  await store.enqueue([job('a'), job('b')])
  await store.beat({ worker: 'w', ttlMs: 15_000, about })
  expect((await store.claim(ask)).jobs).toHaveLength(2)
  const settled = await store.settle('w', [
    { id: 'a', fence: 1, move: 'complete', result: ['no text'] as never },
    { id: 'b', fence: 1, move: 'complete', result: '"fine"' },
  ])
  expect(settled).toEqual(['applied', 'applied'])
  expect(await store.get(['a', 'b'], { attempts: true })).toMatchObject([
    { state: 'dead', error: { name: 'UnwritableSettlement' }, attempts: [{ outcome: 'bury' }] },
    { state: 'completed', result: '"fine"', attempts: [{ outcome: 'complete' }] },
  ])
  expect((await store.counts())[0]?.states).toMatchObject({ running: 0, dead: 1, completed: 1 })
})

test('a thread that ends fails the calls that wait for it; the next call gets a new one', async () => {
  const threads: Worker[] = []
  const ref = Worker.prototype.ref
  onTestFinished(() => void (Worker.prototype.ref = ref))
  Worker.prototype.ref = function (this: Worker) {
    threads.push(this)
    return ref.call(this)
  }
  const path = newPath()
  const store = await opened({ path, busyTimeoutMs: 60_000 })
  const db = await openDatabase(path)
  onTestFinished(() => db.close())
  db.exec('begin immediate')
  const waiting = expect(store.enqueue([job('a')])).rejects.toEqual(code('LW1007'))
  await threads[0]?.terminate()
  await waiting
  expect(await store.counts()).toEqual([])
})

test('after close every call is refused', async () => {
  const store = await opened({ path: newPath() })
  await store.close()
  await store.close()
  await expect(store.enqueue([job('a')])).rejects.toEqual(code('LW1006'))
  await expect(store.enqueue([job('a')], { tx: {} })).rejects.toEqual(code('LW1006'))
  await expect(store.open()).rejects.toEqual(code('LW1006'))
})
