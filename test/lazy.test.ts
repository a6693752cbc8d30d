// Handlers whose module is imported when the first job comes.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type Handler, lazy, legwork, task, unchecked } from 'legwork'
import { memory } from 'legwork/memory'
import { testApp, virtualClock } from 'legwork/testing'
import { afterAll, describe, expect, test } from 'vitest'
import { memberArguments } from '../src/cli/supervise.ts'
import { startOptions } from '../src/cli/work.ts'
import { silent } from './stage-kit.ts'

const folder = mkdtempSync(join(tmpdir(), 'legwork-lazy-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const shout = task('shout', {
  input: unchecked<string>(),
  output: unchecked<string>(),
  retry: { attempts: 1 },
})
const loud: Handler<string, string> = ({ input }) => input.toUpperCase()

/** Writes a module and gives the function that imports it. */
function moduleOf(name: string, text: string) {
  const file = join(folder, name)
  writeFileSync(file, text)
  return () => import(pathToFileURL(file).href) as Promise<{ default: Handler<string, string> }>
}

async function result(load: () => unknown): Promise<object> {
  const app = legwork('memory:').handle(shout, lazy(load as () => Promise<{ default: typeof loud }>))
  await using t = testApp(app)
  const job = await t.enqueue(shout, 'hi')
  await t.drain()
  return job.status()
}

describe('a lazy handler', () => {
  const found: readonly (readonly [what: string, load: () => unknown])[] = [
    [
      'an ES module with a default export',
      moduleOf('a.mjs', 'export default ({ input }) => input.toUpperCase()'),
    ],
    [
      'an export named as the task',
      moduleOf('b.mjs', 'export const shout = ({ input }) => input.toUpperCase()'),
    ],
    ['a CommonJS module', moduleOf('c.cjs', 'module.exports = ({ input }) => input.toUpperCase()')],
    ['one compiled to CommonJS', moduleOf('d.cjs', 'exports.default = ({ input }) => input.toUpperCase()')],
    ['the handler itself', async () => loud],
    ['not even a promise', () => loud],
  ]
  test.each(found)('is found in %s', async (_what, load) => {
    expect(await result(load)).toMatchObject({ state: 'completed', output: 'HI' })
  })

  test('is imported once, at the first job, not before', async () => {
    let count = 0
    const app = legwork('memory:').handle(
      shout,
      lazy(async () => {
        count += 1
        return { default: loud }
      }),
    )
    await app.start()
    expect(count).toBe(0)
    await Promise.all(['a', 'b', 'c'].map((input) => app.run(shout, input, { timeout: '20s' })))
    expect(await app.run(shout, 'd', { timeout: '20s' })).toBe('D')
    expect(count).toBe(1)
    await app.stop()
  })

  test('is imported before the first job with preload', async () => {
    let count = 0
    const load = async () => {
      count += 1
      return loud
    }
    const app = legwork('memory:').handle(shout, lazy(load))
    await app.start({ preload: true })
    expect(count).toBe(1)
    await app.stop()
  })

  test('is asked for on the command line, also for the processes of a supervisor', () => {
    expect(startOptions({ preload: true } as never)).toEqual({ preload: true })
    expect(memberArguments('jobs.ts', { preload: true } as never)).toContain('--preload')
    expect(memberArguments('jobs.ts', {} as never)).not.toContain('--preload')
  })

  test('with a middleware around it', async () => {
    const app = legwork('memory:')
      .handle(
        shout,
        lazy(async () => loud),
      )
      .use(async (context, next) => {
        context.log.info('around')
        await next()
      })
    await using t = testApp(app)
    const job = await t.enqueue(shout, 'hi')
    await t.drain()
    expect(await job.status()).toMatchObject({ output: 'HI' })
  })
})

describe('one that cannot be loaded', () => {
  test('costs its jobs no failure, is tried again with growing waits, and the worker lives', async () => {
    const clock = virtualClock()
    let tries = 0
    let isMended = false
    const lines: string[] = []
    const log = { ...silent, error: (_data: object, message: string) => void lines.push(message) }
    const other = task('other')
    const store = memory({ clock })
    const app = legwork({ store, clock, log, pace: { pollMs: 3_600_000, tendMs: 60_000 } })
      .handle(other, () => 'well')
      .handle(
        shout,
        lazy(async () => {
          tries += 1
          if (!isMended) throw new SyntaxError('Unexpected token')
          return loud
        }),
      )
    await app.start({ lease: '1h', beat: '20m' })
    const jobs = await app.enqueueMany(shout, ['a', 'b', 'c'])
    while ((await store.get(jobs.map(({ id }) => id))).some((job) => job?.state !== 'scheduled'))
      await new Promise((resolve) => setImmediate(resolve))
    expect(tries, 'one try for the jobs of one moment').toBe(1)
    const [first] = await store.get([jobs[0]?.id ?? ''], { attempts: true })
    expect(first).toMatchObject({ failures: 0, releases: 1 })
    expect(first?.attempts?.[0]?.reason).toMatch(
      /^LW1311 the handler of shout could not be loaded: SyntaxError: Unexpected token$/,
    )
    expect(await app.run(other, undefined, { timeout: '20s' })).toBe('well')
    const at: number[] = []
    for (const begin = clock.now(); clock.now() < begin + 30_000; ) {
      const before = tries
      await clock.advance(100)
      await new Promise((resolve) => setImmediate(resolve))
      if (tries > before) at.push(clock.now() - begin)
    }
    // After 1, 3, 7 and 15 s, and a moment for the store each time.
    expect(at).toHaveLength(4)
    for (const [i, ms] of [1_000, 3_000, 7_000, 15_000].entries()) {
      expect(at[i]).toBeGreaterThanOrEqual(ms)
      expect(at[i]).toBeLessThan(ms + 3_000)
    }
    expect(lines.filter((line) => line.startsWith('LW1311'))).toHaveLength(tries)
    isMended = true
    await clock.advance(60_000)
    expect(await Promise.all(jobs.map((job) => job.result({ timeout: '20s' })))).toEqual(['A', 'B', 'C'])
    expect(await jobs[0]?.status()).toMatchObject({ failures: 0 })
    const stopping = app.stop()
    await clock.advance(60_000)
    await stopping
  })

  const broken: readonly (readonly [what: string, load: () => unknown, message: RegExp])[] = [
    ['a syntax error', moduleOf('bad.mjs', 'export default ('), /could not be loaded: \w*Error: /],
    ['one that throws', moduleOf('throws.mjs', "throw new Error('no config')"), /Error: no config$/],
    ['no such file', () => import(pathToFileURL(join(folder, 'none.mjs')).href), /could not be loaded: /],
    ['no handler inside', moduleOf('empty.mjs', 'export const size = 5'), /exports no handler.*it has size/],
    ['nothing', async () => undefined, /exports no handler.*it has nothing/],
  ]
  test.each(broken)('%s: the start with preload says so with LW1311', async (_what, load, message) => {
    const app = legwork('memory:').handle(shout, lazy(load as never))
    await expect(app.start({ preload: true })).rejects.toMatchObject({
      code: 'LW1311',
      message: expect.stringMatching(message) as string,
    })
    await app.stop()
  })

  test('what is no function is refused at once', () => {
    expect(() => lazy('./resize.js' as never)).toThrow(expect.objectContaining({ code: 'LW1201' }))
    expect(() => legwork('memory:').handle(shout, { load: () => loud } as never)).toThrow(/lazy\(/)
  })

  test('preload that is no yes or no is refused', async () => {
    const app = legwork('memory:').handle(shout, loud)
    await expect(app.start({ preload: 'yes' as never })).rejects.toMatchObject({ code: 'LW1201' })
  })
})
