import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { type App, type Blobs, files, legwork, task, unchecked } from 'legwork'
import { memory } from 'legwork/memory'
import { testApp } from 'legwork/testing'
import { expect, test } from 'vitest'
import { toShelf } from '../src/payload/blobs.ts'
import { sweeper } from '../src/payload/sweep.ts'
import { realClock } from '../src/world.ts'
import { filesWith, newKey, place } from './payload-kit.ts'
import { errorOf } from './refusal-kit.ts'
import { silent, untilState } from './stage-kit.ts'

const big = task('big', { input: unchecked<string>(), output: unchecked<unknown>(), retry: { attempts: 2 } })
const large = (letter: string, bytes = 100_000) => letter.repeat(bytes)
const blobsIn = (dir: string): string[] =>
  existsSync(dir)
    ? readdirSync(dir, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name))
    : []
const appOn = (dir: string, options: Parameters<typeof files>[1] = {}, more: object = {}): App =>
  legwork({ store: 'memory:', log: silent, blobs: files(dir, options), ...more }).handle(
    big,
    ({ input }) => input,
  )

test('a large payload and result are kept as files, small ones in their rows, and nobody notices', async () => {
  const dir = join(place(), 'deep', 'blobs')
  const app = appOn(dir)
  await app.start()
  expect(await app.run(big, 'small')).toBe('small')
  expect(blobsIn(dir)).toEqual([])
  const job = await app.enqueue(big, large('x', 3_000_000))
  expect(await job.result()).toBe(large('x', 3_000_000))
  expect(await job.status()).toMatchObject({ state: 'completed', output: large('x', 3_000_000) })
  const [row] = await (await app.store()).get([job.id])
  expect(`${row?.payload}${row?.result}`.length).toBeLessThan(1_000)
  // Payload and result are the same text.
  expect(blobsIn(dir)).toHaveLength(1)
  expect(readFileSync(blobsIn(dir)[0] as string, 'utf8')).toBe(JSON.stringify(large('x', 3_000_000)))
  await app.stop()
})

test('a payload is sealed before it becomes a file', async () => {
  const dir = place()
  const secret = task('secret', {
    input: unchecked<{ a: string }>(),
    output: unchecked<unknown>(),
    encrypt: true,
  })
  const parts = task('parts', {
    input: unchecked<{ a: string }>(),
    output: unchecked<unknown>(),
    encrypt: ['a'],
  })
  const app = appOn(dir, {}, { keys: { active: 'k1', k1: newKey() } })
  app.handle(secret, ({ input }) => input).handle(parts, ({ input }) => input)
  await app.start()
  for (const one of [secret, parts]) expect(await app.run(one, { a: large('q') })).toEqual({ a: large('q') })
  expect(blobsIn(dir)).toHaveLength(4)
  expect(filesWith(dir, 'qqqqqqqq')).toEqual([])
  await app.stop()
})

test.each<[string, (file: string) => void]>([
  ['missing', (file) => rmSync(file)],
  ['cut short', (file) => truncateSync(file, 1_000)],
  ['empty', (file) => truncateSync(file, 0)],
  ['another text of its length', (file) => writeFileSync(file, JSON.stringify(large('y')))],
])(
  'a blob that is %s makes its job dead at once, naming it, and it runs when it is restored',
  async (_, damage) => {
    const dir = place()
    const app = appOn(dir)
    const t = testApp(app)
    const job = await t.enqueue(big, large('x'))
    const [file = ''] = blobsIn(dir)
    const good = readFileSync(file)
    damage(file)
    const other = await t.enqueue(big, 'small')
    await t.drain()
    const status = await job.status()
    expect(status).toMatchObject({
      state: 'dead',
      reason: 'undecodable',
      failures: 0,
      error: { code: 'LW2603' },
    })
    expect(status.error?.message).toContain(job.id)
    expect((await other.status()).state).toBe('completed')
    writeFileSync(file, good)
    await t.retry(job.id)
    await t.drain()
    expect((await job.status()).state).toBe('completed')
  },
)

test('a blob store that cannot be written refuses the enqueue, and nothing is stored', async () => {
  const dir = join(place(), 'blobs')
  writeFileSync(dir, 'a file where the folder belongs')
  const app = appOn(dir)
  expect(await errorOf(() => app.enqueue(big, large('x')))).toMatchObject({ code: 'LW1603' })
  expect((await (await app.store()).find({}, { limit: 1 })).jobs).toEqual([])
  const full: Blobs = {
    put: () => Promise.reject(Object.assign(new Error('ENOSPC: no space left'), { code: 'ENOSPC' })),
    get: async () => undefined,
    delete: async () => {},
    list: async () => ({ blobs: [] }),
  }
  const other = legwork({ store: 'memory:', blobs: full })
  const error = await errorOf(() => other.enqueueMany(big, ['small', large('x')]))
  expect(error).toMatchObject({ code: 'LW1603', message: expect.stringContaining('no space left') })
  expect((await (await other.store()).find({}, { limit: 1 })).jobs).toEqual([])
})

test.skipIf(process.getuid?.() === 0)('a read-only folder refuses the enqueue', async () => {
  const dir = place()
  chmodSync(dir, 0o500)
  expect(await errorOf(() => appOn(dir).enqueue(big, large('x')))).toMatchObject({ code: 'LW1603' })
})

test('a result that cannot be kept, and a payload that cannot be read now, are tried again', async () => {
  const kept = new Map<string, Uint8Array>()
  let isDown = false
  const blobs: Blobs = {
    async put(key, bytes) {
      if (isDown) throw new Error('down')
      kept.set(key, bytes)
    },
    async get(key) {
      if (isDown) throw new Error('down')
      return kept.get(key)
    },
    delete: async (keys) => keys.forEach((key) => kept.delete(key)),
    list: async () => ({ blobs: [] }),
    over: '1kb',
  }
  const grow = task('grow', {
    input: unchecked<string>(),
    output: unchecked<string>(),
    retry: { attempts: 3 },
  })
  const t = testApp(legwork({ store: 'memory:', blobs }).handle(grow, ({ input }) => large(input, 2_000)))
  const job = await t.enqueue(grow, 'z')
  isDown = true
  await t.drain()
  expect(await job.status()).toMatchObject({ state: 'scheduled', failures: 1, error: { code: 'LW1603' } })
  isDown = false
  await t.clock.advance('1h')
  expect(await job.status()).toMatchObject({ state: 'completed', output: large('z', 2_000) })
  const read = await t.enqueue(grow, large('r', 2_000))
  isDown = true
  await t.drain()
  expect(await read.status()).toMatchObject({ state: 'scheduled', failures: 1 })
})

test('an app without the blob store tries again, for another worker may have it', async () => {
  const store = memory()
  const rich = legwork({ store, blobs: files(place()) })
  const { id } = await rich.enqueue(big, large('x'))
  const poor = legwork({ store, log: silent }).handle(big, ({ input }) => input)
  await poor.start()
  await untilState(poor.job(id), 'scheduled')
  const status = await poor.job(id).status()
  expect(status.failures).toBe(1)
  expect(status.error?.message).toContain('this app has no blob store')
  await poor.stop()
})

test('limits: what is over max, and options that are none', async () => {
  const app = appOn(place(), { over: '1kb', max: '2mb' })
  expect(await errorOf(() => app.enqueue(big, large('x', 2_100_000)))).toMatchObject({ code: 'LW1104' })
  expect((await app.enqueue(big, large('x', 2_000_000))).id).toBeTruthy()
  for (const [folder, options] of [
    ['', {}],
    [7, {}],
    ['x', { over: '64' }],
    ['x', { over: '2mb' }],
    ['x', { max: '1kb' }],
    ['x', { max: -1 }],
    ['x', { grace: '1s' }],
    ['x', { ower: '1kb' }],
  ] as const)
    expect(
      await errorOf(() => files(folder as never, options as never)),
      JSON.stringify(options),
    ).toMatchObject({ code: 'LW1201' })
  for (const bad of [{}, 'folder', { put: () => {} }])
    expect(await errorOf(() => legwork({ blobs: bad as never }))).toMatchObject({ code: 'LW1201' })
})

test('ids of any kind have their blobs, in files that any system takes', async () => {
  const dir = place()
  const app = appOn(dir, { over: 10 })
  await app.start()
  for (const id of ['x', '../../etc/passwd', 'ä/ö ü', 'k'.repeat(255), '%2e%2e', 'CON'])
    expect(await (await app.enqueue(big, large(id, 100), { id })).result()).toBe(large(id, 100))
  expect(blobsIn(dir)).toHaveLength(6)
  await app.stop()
})

test('the sweep deletes old blobs that no job refers to, and nothing else', async () => {
  const dir = place()
  const app = appOn(dir)
  const store = await app.store()
  const [a, b, c] = await app.enqueueMany(
    big,
    ['a', 'b', 'c'].map((letter) => large(letter)),
  )
  await app.enqueue(big, large('never'), { id: a?.id as string })
  const foreign = join(dir, 'ab', 'cdef0123456789')
  const unfinished = join(dir, 'cd', `abc.${'0'.repeat(24)}.12345678-1234-1234-1234-123456789abc.tmp`)
  for (const file of [foreign, unfinished]) {
    mkdirSync(join(file, '..'), { recursive: true })
    writeFileSync(file, 'x')
  }
  await store.act({ verb: 'remove', ids: [b?.id as string], by: 'test' })
  const one = sweeper(store, toShelf(files(dir, { grace: '1h' })), realClock)
  const all = async () => {
    let deleted = 0
    for (let page = 0; page < 20; page++) deleted += await one.sweep()
    return deleted
  }
  expect(await all(), 'all are young').toBe(0)
  for (const file of blobsIn(dir)) utimesSync(file, 1, 1)
  // One that comes again, as a repeated enqueue brings it, counts as new.
  await app.enqueue(big, large('again'), { id: c?.id as string })
  expect(await all()).toBe(3)
  expect(existsSync(foreign)).toBe(true)
  expect(existsSync(unfinished)).toBe(false)
  await app.start()
  expect(await a?.result()).toBe(large('a'))
  expect(await c?.result()).toBe(large('c'))
  await app.stop()
})
