import { join } from 'node:path'
import { type App, Dead, legwork, type Logger, task, unchecked } from 'legwork'
import { expect, test } from 'vitest'
import { execute } from '../dist/cli/program.js'
import { filesWith, newKey, place } from './payload-kit.ts'
import { errorOf } from './refusal-kit.ts'
import { silent } from './stage-kit.ts'

const canary = 'hunter2-of-nobody'
interface In {
  readonly user: string
  readonly auth: { readonly password: string; readonly pin: number }
}
const login = task('login', {
  input: unchecked<In>(),
  output: unchecked<unknown>(),
  redact: ['**.password', 'auth.pin'],
  retry: { attempts: 1 },
})
const input: In = { user: 'ada', auth: { password: canary, pin: 987_654 } }

/** Runs one job of each kind: one that returns what it was given, and one that throws it. */
async function ran(
  store: string,
  log: Logger = silent,
): Promise<{ app: App; good: string; dead: string; seen: unknown[] }> {
  const seen: unknown[] = []
  const app = legwork({ store, log }).handle(login, ({ input: got, log: say, progress, attempt }) => {
    seen.push(got)
    say.warn(`tried ${got.auth.password}`, { ...got, quoted: `pin is ${got.auth.pin}` })
    progress({ note: `with ${got.auth.password}`, data: got })
    if (got.user === 'eve')
      throw new Dead(`wrong: {"password":"${got.auth.password}"} ${got.auth.pin} in attempt ${attempt}`)
    return got
  })
  await app.start()
  const good = await app.enqueue(login, input)
  const dead = await app.enqueue(login, { ...input, user: 'eve' })
  expect(await good.result()).toEqual(input)
  await errorOf(() => dead.result())
  return { app, good: good.id, dead: dead.id, seen }
}

test('only the handler and result() see what is redacted', async () => {
  const { app, good, dead, seen } = await ran('memory:')
  expect(seen[0]).toEqual(input)
  const error = await errorOf(() => app.job(dead).result())
  expect(String(error)).toContain('wrong: {"password":"[redacted]"} [redacted] in attempt 1')
  expect(JSON.stringify(error)).not.toContain(canary)
  expect(JSON.stringify(await app.why(dead))).not.toContain(canary)
  const events = []
  for await (const event of app.job(good).events()) events.push(event)
  const said = JSON.stringify(events.filter(({ type }) => type === 'log'))
  expect(said).toContain('tried [redacted]')
  expect(said).not.toContain(canary)
  expect(said).not.toContain('987654')
  expect(events.find(({ type }) => type === 'progress')).toMatchObject({
    note: 'with [redacted]',
    data: input,
  })
  await app.stop()
})

/** Runs the command line in this process, and gives all that it wrote. */
async function said(words: readonly string[]): Promise<string> {
  const lines: string[] = []
  const write = (line: string) => void lines.push(line)
  const code = process.exitCode
  await execute(words, {
    isTty: false,
    canAsk: false,
    width: undefined,
    out: write,
    err: write,
    json: (value) => write(JSON.stringify(value)),
    paint: (_, text) => text,
    flush: async () => {},
  })
  process.exitCode = code
  return lines.join('\n')
}

test('the command line shows it nowhere, in tables, pages and JSON', async () => {
  const url = join(place(), 'jobs.db')
  const { app, good, dead } = await ran(url)
  await app.stop()
  const commands = [
    ['jobs', 'list'],
    ['jobs', 'show', good, dead],
    ['jobs', 'show', good, dead, '--json'],
    ['jobs', 'list', '--json'],
    ['dead', 'list'],
    ['dead', 'list', '--json'],
    ['dead', 'show', dead],
    ['why', dead],
    ['why', dead, '--json'],
  ]
  for (const words of commands) {
    const text = await said([...words, '--url', url])
    expect(text, words.join(' ')).toMatch(/ada|login|redacted/)
    expect(text, words.join(' ')).not.toContain(canary)
    expect(text, words.join(' ')).not.toContain('987654')
  }
  const page: unknown = JSON.parse(await said(['jobs', 'show', good, '--json', '--url', url]))
  const seen = { user: 'ada', auth: { password: '[redacted]', pin: '[redacted]' } }
  expect(page).toMatchObject({ payload: seen, output: seen, progress: { data: seen } })
})

test('rules of the app hold for all its tasks, besides their own', async () => {
  const open = task('open', {
    input: unchecked<object>(),
    output: unchecked<unknown>(),
    retry: { attempts: 1 },
  })
  const app = legwork({ store: 'memory:', log: silent, redact: ['**.token'] })
  app.handle(open, ({ input: got }) => got).handle(login, () => 1)
  await app.start()
  const job = await app.enqueue(open, { a: [{ token: 'abcdef' }], b: 1 })
  expect(await job.result()).toEqual({ a: [{ token: 'abcdef' }], b: 1 })
  const both = await app.enqueue(login, input)
  const [one, two] = await (await app.store()).get([job.id, both.id])
  expect(JSON.parse(one?.payload as string).$legwork).toEqual({ v: 1, redact: ['**.token'] })
  expect(JSON.parse(one?.result as string).$legwork).toEqual({ v: 1, redact: ['**.token'] })
  expect(JSON.parse(two?.payload as string).$legwork.redact).toEqual(['**.token', '**.password', 'auth.pin'])
  await app.stop()
})

test('an error of a handler that ended, and the log of the library, quote nothing', async () => {
  const lines: string[] = []
  const keep = (data: object, message: string) => void lines.push(`${message} ${JSON.stringify(data)}`)
  const { app } = await ran('memory:', { debug: keep, info: keep, warn: keep, error: keep })
  await app.stop()
  expect(lines.join('\n')).not.toContain(canary)
})

test('errors and logs that quote it do not bring it into the file; the payload is there, for its handler', async () => {
  const dir = place()
  const { app, dead } = await ran(join(dir, 'jobs.db'))
  const [job] = await (await app.store()).get([dead], { attempts: true, logs: true })
  const { payload, progress: _, attempts = [], ...rest } = job ?? {}
  expect(payload).toContain(canary)
  expect(JSON.stringify([rest, attempts.map(({ error }) => error)])).not.toContain(canary)
  await app.stop()
  expect(filesWith(dir, canary)).not.toEqual([])
})

test('a value that looks like a wrapper is a value like others', async () => {
  const odd = task('odd', { input: unchecked<unknown>(), output: unchecked<unknown>() })
  const app = legwork({ store: 'memory:', log: silent }).handle(odd, ({ input: got, log, progress }) => {
    log.info('x', got)
    progress({ data: got })
    return got
  })
  await app.start()
  for (const value of [
    { $legwork: { v: 1, sealed: true }, body: 1 },
    { $legwork: null },
    { $legwork: { v: 9 } },
  ]) {
    const job = await app.enqueue(odd, value)
    expect(await job.result()).toEqual(value)
    for await (const event of job.events())
      if (event.type === 'log' || event.type === 'progress') expect(event.data).toEqual(value)
  }
  await app.stop()
})

test('redact rules that are none are refused, on a task and on an app', async () => {
  for (const bad of ['a', ['a..b'], [''], [7], [['a']], {}, ['a[']]) {
    expect(await errorOf(() => task('t', { redact: bad as never })), JSON.stringify(bad)).toMatchObject({
      code: 'LW1201',
    })
    expect(await errorOf(() => legwork({ redact: bad as never })), JSON.stringify(bad)).toMatchObject({
      code: 'LW1201',
    })
  }
})

test('an edit of a hidden payload keeps it hidden, and shows people no more than before', async () => {
  const url = join(place(), 'jobs.db')
  const { app, dead } = await ran(url)
  expect(await app.edit(dead, (old: In) => ({ ...old, user: 'eva' }), { task: login })).toBe('done')
  expect(await app.inputOf(dead)).toEqual({ ...input, user: 'eva' })
  const text = await said(['dead', 'edit', dead, '--set', 'user=iris', '--url', url])
  expect(text).toContain('iris')
  expect(text).not.toContain(canary)
  expect(await app.inputOf(dead)).toEqual({ ...input, user: 'iris' })
  expect(await said(['jobs', 'show', dead, '--json', '--url', url])).not.toContain(canary)
  expect(JSON.stringify(await app.failures())).not.toContain(canary)
  await app.stop()
})

test('what is redacted stays so for whoever has the key of a task that also encrypts', async () => {
  const both = task('both', {
    input: unchecked<In>(),
    redact: ['**.password'],
    encrypt: ['user'],
    retry: { attempts: 1 },
  })
  const keys = { active: 'k1', k1: newKey() }
  const app = legwork({ store: 'memory:', log: silent, keys }).handle(both, ({ input: got, log }) => {
    log.info(`${got.user} came`, got)
    throw new Error(`${got.user} said ${got.auth.password}`)
  })
  await app.start()
  const job = await app.enqueue(both, input)
  expect(String(await errorOf(() => job.result()))).toContain('ada said [redacted]')
  const events = []
  for await (const event of job.events()) events.push(event)
  expect(JSON.stringify(events)).toContain('ada came')
  expect(JSON.stringify(events)).not.toContain(canary)
  await app.stop()
})
