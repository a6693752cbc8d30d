// Places where a store cannot be, files that are none, and disks that run full: a coded error, nothing lost, and
// everything goes on once the cause is gone.
import { spawnSync } from 'node:child_process'
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { pathToFileURL } from 'node:url'
import { LegworkError, legwork, StoreError, task, unchecked, UnknownOutcome } from 'legwork'
import type { App } from 'legwork'
import { memory } from 'legwork/memory'
import { openDatabase, sqlite } from 'legwork/sqlite'
import type { Store } from 'legwork/store'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const echo = task('echo', { input: unchecked<string>(), output: unchecked<string>(), retry: { attempts: 1 } })
const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }

let folder: string
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'legwork-bad-store-'))))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const inFolder = (name: string) => join(folder, name)

async function expectStoreError(call: () => Promise<unknown>, code: string, says: RegExp): Promise<void> {
  const error = await call().then(
    () => undefined,
    (thrown: unknown) => thrown as LegworkError,
  )
  expect(error).toBeInstanceOf(LegworkError)
  expect(error?.message).toMatch(new RegExp(`^${code} `))
  expect(error?.message).toMatch(says)
  expect(error).toBeInstanceOf(StoreError)
}

describe('many jobs are more than one commit', () => {
  /** A store whose second enqueue goes wrong. */
  const halfway = (second: Store['enqueue']): Store => {
    const store = memory()
    let calls = 0
    return { ...store, enqueue: (...args) => (++calls === 2 ? second(...args) : store.enqueue(...args)) }
  }
  const failure = async (store: Store, enqueueTimeout: string) => {
    const app = legwork({ store, log: silent, enqueueTimeout: enqueueTimeout as '1s' })
    const error = await app
      .enqueueMany(echo, Array<string>(2_500).fill('x'))
      .catch((thrown: unknown) => thrown)
    const { jobs } = await (await app.store()).find({}, { limit: 5_000 })
    await app.stop()
    return { error: error as LegworkError, stored: jobs.map(({ id }) => id).toSorted() }
  }

  test('an error names the jobs that were written before it', async () => {
    const full = new StoreError('LW1004', 'the disk is full.', { path: 'x' })
    const { error, stored } = await failure(
      halfway(() => Promise.reject(full)),
      '5s',
    )
    expect(error).toBeInstanceOf(StoreError)
    expect(error).toMatchObject({ code: 'LW1004', cause: full, details: { path: 'x' } })
    expect(error.message).toBe('LW1004 the disk is full. 1000 of 2500 jobs were written before.')
    expect((error.details['written'] as string[]).toSorted()).toEqual(stored)
    expect(stored).toHaveLength(1_000)
    expect(full.details).toEqual({ path: 'x' })
  })

  test('a commit that goes unanswered names its jobs, and those before it', async () => {
    const { error, stored } = await failure(
      halfway(() => new Promise(() => {})),
      '50ms',
    )
    expect(error).toBeInstanceOf(UnknownOutcome)
    const { ids, written } = error.details as { ids: string[]; written: string[] }
    expect(ids).toHaveLength(1_000)
    expect(error.message).toMatch(
      new RegExp(`^LW1005 .*whether job ${ids[0]} and 999 more of its batch are stored`),
    )
    expect(written.toSorted()).toEqual(stored)
  })
})

/** Every way in says the same, and stop() still ends the app. */
async function expectUnusable(store: string, code: string, says: RegExp): Promise<void> {
  const app = legwork({ store, log: silent }).handle(echo, ({ input }) => input)
  await expectStoreError(() => app.enqueue(echo, 'x'), code, says)
  await expectStoreError(() => app.start(), code, says)
  await expectStoreError(() => app.why('x'), code, says)
  await app.stop()
}

async function expectUsable(store: string): Promise<void> {
  const app = legwork({ store, log: silent }).handle(echo, ({ input }) => input)
  await app.start()
  expect(await app.run(echo, 'hello', { timeout: '20s' })).toBe('hello')
  await app.stop()
}

/** A finished store with some jobs in it. */
async function makeStore(path: string, jobs = 1): Promise<string> {
  const app = legwork(path)
  await app.enqueueMany(
    echo,
    Array.from({ length: jobs }, (_, i) => `${i}${'x'.repeat(500)}`),
  )
  await app.stop()
  return path
}

describe('paths', () => {
  test('a directory', async () => {
    mkdirSync(inFolder('directory'))
    await expectUnusable(
      inFolder('directory'),
      'LW1002',
      /directory cannot be the store: it is a directory; name a file in it/,
    )
    expect(readdirSync(inFolder('directory'))).toEqual([])
  })

  test('something that is no file', () =>
    expectUnusable('/dev/null', 'LW1002', /\/dev\/null cannot be the store: it is not a regular file/))

  test('a folder that cannot be made', async () => {
    writeFileSync(inFolder('file'), 'I am a file')
    await expectUnusable(inFolder('file/jobs.db'), 'LW1002', /its folder (cannot be made|is a file)/)
    expect(readFileSync(inFolder('file'), 'utf8')).toBe('I am a file')
  })

  test('folders that are missing are made', () => expectUsable(inFolder('a/b/c/jobs.db')))

  test.each([
    'with spaces.db',
    'größe-😀.db',
    'a?mode=ro.db',
    'a#b.db',
    'a%20b.db',
    '100%.db',
    "it's;drop.db",
    ':odd:.db',
  ])('a plain path is taken as it stands: %s', async (name) => {
    await expectUsable(inFolder(`odd/${name}`))
    expect(existsSync(inFolder(`odd/${name}`))).toBe(true)
  })

  test('URLs of a file are decoded', async () => {
    const path = inFolder('odd/url 1 %20 ?#.db')
    await expectUsable(pathToFileURL(path).href)
    expect(existsSync(path)).toBe(true)
    await expectUsable(`sqlite:${inFolder('odd/url%202.db')}`)
    expect(existsSync(inFolder('odd/url 2.db'))).toBe(true)
    await expectUsable(`sqlite:${relative(process.cwd(), inFolder('odd/relative.db'))}`)
    expect(existsSync(inFolder('odd/relative.db'))).toBe(true)
  })

  const urls: readonly [url: string, says: RegExp][] = [
    ['mysql://ada:secret@localhost/jobs', /mysql:\/\/ada:\*\*\*@localhost\/jobs has the scheme "mysql"/],
    ['amqp://:p@ss/w@rd@localhost', /amqp:\/\/:\*\*\*@localhost/],
    ['sqllite:jobs.db', /did you mean sqlite:\?/],
    ['memmory:', /did you mean memory:\?/],
    ['http://localhost/', /Known: a path, sqlite:PATH, memory:/],
    ['sqlite:jobs.db?mode=ro', /has a \? or #, and takes no options; in a path write %3F or %23/],
    ['sqlite:100%.db', /has a % that begins no encoded character; write %25/],
  ]
  test.each(urls)('%s', async (url, says) => {
    await expectUnusable(url, 'LW1008', says)
    const error = await legwork(url)
      .store()
      .catch((thrown: Error) => thrown.message)
    expect(error).not.toMatch(/secret|w@rd/)
  })

  test.each(['', 'sqlite:', 'a\0b.db'])('no path at all: %j', async (store) => {
    const app = legwork(store)
    await expect(app.enqueue(echo, 'x')).rejects.toMatchObject({
      code: 'LW1201',
      message: expect.stringMatching(/path: got .*expected the path of a database file/) as string,
    })
    await app.stop()
  })

  test('a store in memory only would lose jobs', () =>
    expectUnusable('sqlite::memory:', 'LW1012', /would lose acknowledged jobs/))
})

describe('files', () => {
  test('a text file, and a picture, stay as they are', async () => {
    const files = {
      'notes.txt': Buffer.from('Dear diary, '.repeat(100)),
      'picture.png': Buffer.from('89504e470d0a1a0a'.repeat(64), 'hex'),
      'short.db': Buffer.from('SQLite'),
    }
    for (const [name, content] of Object.entries(files)) {
      writeFileSync(inFolder(name), content)
      await expectUnusable(
        inFolder(name),
        'LW1003',
        /is not a usable SQLite database.*Restore a backup, or name another file/,
      )
      expect(readFileSync(inFolder(name)).equals(content), `${name} is unchanged`).toBe(true)
    }
  })

  test('an empty file, and a database with tables of its own, become a store', async () => {
    writeFileSync(inFolder('empty.db'), '')
    await expectUsable(inFolder('empty.db'))
    const own = await openDatabase(inFolder('own.db'))
    own.exec("create table shop (name text); insert into shop values ('flowers')")
    own.close()
    await expectUsable(inFolder('own.db'))
    const again = await openDatabase(inFolder('own.db'))
    expect(again.prepare('select name from shop').all()).toEqual([{ name: 'flowers' }])
    again.close()
  })

  test('a header that was overwritten', async () => {
    const path = await makeStore(inFolder('header.db'))
    overwrite(path, 0, 100)
    await expectUnusable(path, 'LW1003', /header\.db is not a usable SQLite database/)
  })

  test('pages that were overwritten: what needs them says so, the process lives, stop() ends', async () => {
    const path = await makeStore(inFolder('pages.db'), 2_000)
    const { size } = statSync(path)
    expect(size).toBeGreaterThan(500_000)
    overwrite(path, 4_096 * 20, size - 4_096 * 40)
    const app = legwork({ store: path, log: silent }).handle(echo, ({ input }) => input)
    const readAll = async () => (await app.store()).find({}, { limit: 5_000 })
    await expectStoreError(readAll, 'LW1003', /pages\.db is not a usable SQLite database: .*malformed/)
    await expectStoreError(readAll, 'LW1003', /malformed/)
    await app.stop({ grace: 0 })
    await expectUsable(inFolder('beside-it.db'))
  })

  test('a schema from the future is left alone', async () => {
    const path = await makeStore(inFolder('newer.db'))
    const db = await openDatabase(path)
    const read = db.prepare("select value from legwork_meta where key = 'schema'")
    const { value } = read.get() as { value: string }
    db.exec("update legwork_meta set value = '999' where key = 'schema'")
    await expectUnusable(
      path,
      'LW1010',
      /newer\.db has schema 999; this Legwork knows up to \d+\. Upgrade legwork/,
    )
    expect(db.prepare("select value from legwork_meta where key = 'schema'").get()).toEqual({ value: '999' })
    // The same app that was refused works as soon as it may.
    const app = legwork(path)
    await expectStoreError(() => app.enqueue(echo, 'x'), 'LW1010', /schema 999/)
    db.exec(`update legwork_meta set value = '${value}' where key = 'schema'`)
    db.close()
    expect((await app.enqueue(echo, 'x')).duplicate).toBe(false)
    await app.stop()
  })

  test('a limit on the size of the database', async () => {
    const path = inFolder('limited.db')
    const app = legwork({ store: sqlite({ path, maxBytes: 1_000_000 }), log: silent })
    const ids = await fill(
      app,
      /is full: .*Nothing of this call was written\. Free space, then repeat it with the same id/,
    )
    const store = await app.store()
    expect((await store.counts())[0]?.states.ready).toBe(ids.length)
    await store.act({ verb: 'remove', ids: ids.slice(0, ids.length / 2), by: 'test' })
    const again = await app.enqueue(echo, 'x'.repeat(50_000), { id: 'again' })
    expect(again.duplicate).toBe(false)
    expect(
      (await store.get([...ids.slice(ids.length / 2), 'again'])).every((job) => job?.state === 'ready'),
    ).toBe(true)
    await app.stop()
  })
})

describe('disks', () => {
  // Both need a file system of their own, which only root may mount, and only on Linux.
  const why = cannotMount()
  if (why) console.warn(`bad-store: NOT TESTED: full disk and read-only disk, for ${why}.`)

  test.skipIf(why !== undefined)('a read-only disk', async () => {
    await onDisk('1m', async (disk, mount) => {
      await makeStore(join(disk, 'jobs.db'))
      mount('remount,ro')
      await expectUnusable(
        join(disk, 'jobs.db'),
        'LW1002',
        /jobs\.db cannot be the store: .*not writable.*EROFS/,
      )
      await expectUnusable(join(disk, 'new.db'), 'LW1002', /not writable/)
      await expectUnusable(join(disk, 'folder/new.db'), 'LW1002', /its folder (cannot be made|is a file)/)
      mount('remount,rw')
      await expectUsable(join(disk, 'jobs.db'))
    })
  })

  test.skipIf(why !== undefined)(
    'a full disk: enqueue says so, nothing is lost, and with space the same app goes on',
    async () => {
      await onDisk('3m', async (disk) => {
        writeFileSync(join(disk, 'filler'), Buffer.alloc(1_200_000))
        const store = join(disk, 'jobs.db')
        const done: string[] = []
        let open = () => {}
        const gate = new Promise<void>((resolve) => void (open = resolve))
        const app = legwork({ store, log: silent, pace: { pollMs: 20, tendMs: 100 } }).handle(
          echo,
          async ({ job, input }) => {
            await gate
            done.push(job.id)
            return `${input.length}`
          },
        )
        await app.start({ concurrency: 5 })
        const ids = await fill(app, /full/)
        expect(ids.length).toBeGreaterThan(3)
        const kept = await (await app.store()).get(ids)
        expect(kept.filter((job) => job !== undefined)).toHaveLength(ids.length)
        // Handlers end while the disk is full: what they did cannot be written yet.
        writeFileSync(join(disk, 'filler-2'), Buffer.alloc(0))
        stuff(join(disk, 'filler-2'))
        open()
        await expectStoreError(() => app.enqueue(echo, 'x'.repeat(200_000)), 'LW1004', /full/)
        rmSync(join(disk, 'filler'))
        rmSync(join(disk, 'filler-2'))
        const results = await Promise.all(ids.map((id) => app.job(id, echo).result({ timeout: '20s' })))
        expect(new Set(results)).toEqual(new Set(['50000']))
        expect(new Set(done)).toEqual(new Set(ids))
        expect(done).toHaveLength(ids.length)
        expect(await app.run(echo, 'abc', { timeout: '20s' })).toBe('3')
        await app.stop()
      })
    },
  )

  test.skipIf(why !== undefined)('a disk that is full from the start', async () => {
    await onDisk('1m', async (disk) => {
      stuff(join(disk, 'filler'))
      const app = legwork(join(disk, 'jobs.db'))
      await expectStoreError(() => app.enqueue(echo, 'x'), 'LW1004', /full/)
      rmSync(join(disk, 'filler'))
      expect((await app.enqueue(echo, 'x')).duplicate).toBe(false)
      await app.stop()
    })
  })
})

/** Enqueues until the store is full, and gives the ids of the jobs that were acknowledged. */
async function fill(app: App, says: RegExp): Promise<readonly string[]> {
  const ids: string[] = []
  for (let i = 0; i < 500; i++) {
    const job = await app
      .enqueue(echo, 'x'.repeat(50_000), { id: `job-${i}` })
      .catch((error: unknown) => error)
    if (job instanceof Error) {
      await expectStoreError(() => Promise.reject(job), 'LW1004', says)
      expect(await (await app.store()).get([`job-${i}`]), 'nothing of it was written').toEqual([undefined])
      return ids
    }
    ids.push(`job-${i}`)
  }
  throw new Error('the store never became full')
}

/** Writes until there is no room left. */
function stuff(path: string): void {
  const file = openSync(path, 'a')
  try {
    for (let size = 65_536; size >= 1; size = size / 2) {
      try {
        for (;;) writeSync(file, Buffer.alloc(size, 1))
      } catch (error) {
        expect((error as NodeJS.ErrnoException).code).toBe('ENOSPC')
      }
    }
  } finally {
    closeSync(file)
  }
}

function overwrite(path: string, from: number, length: number): void {
  const file = openSync(path, 'r+')
  writeSync(file, Buffer.alloc(length, 0xa5), 0, length, from)
  closeSync(file)
}

const run = (command: string, ...args: string[]) => spawnSync(command, args, { encoding: 'utf8' })

/** Runs something on a small file system of its own. */
async function onDisk(
  size: string,
  work: (disk: string, mount: (options: string) => void) => Promise<void>,
): Promise<void> {
  const disk = mkdtempSync(join(tmpdir(), 'legwork-disk-'))
  const mount = (options: string) => {
    const { status, stderr } = run('mount', '-t', 'tmpfs', '-o', options, 'tmpfs', disk)
    if (status !== 0) throw new Error(`mount -o ${options}: ${stderr}`)
  }
  mount(`size=${size}`)
  try {
    await work(disk, mount)
  } finally {
    run('umount', '-l', disk)
    rmSync(disk, { recursive: true, force: true })
  }
}

function cannotMount(): string | undefined {
  if (process.platform !== 'linux') return `this is ${process.platform}`
  if (process.getuid?.() !== 0) return 'only root may mount'
  const disk = mkdtempSync(join(tmpdir(), 'legwork-disk-'))
  const { status, stderr, error } = run('mount', '-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', disk)
  if (status === 0) run('umount', disk)
  rmSync(disk, { recursive: true, force: true })
  return status === 0 ? undefined : `mount says: ${stderr || String(error)}`
}
