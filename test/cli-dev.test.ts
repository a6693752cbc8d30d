// `legwork dev`: real processes, real files that change, and a real terminal for the keys.
import { spawn } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { legwork } from 'legwork'
import { describe, expect, onTestFinished, test } from 'vitest'
import { cli, folder, main, start } from './cli-kit.ts'

const jobs = `
import { fixed, legwork, task, unchecked } from 'legwork'
import { shout } from './shout.ts'
enum Mood { calm }
export const hello = task('hello', { input: unchecked<{ name: string }>() })
const fails = task('fails', { retry: { attempts: 1, backoff: fixed('10ms') } })
const slow = task('slow')
export const app = legwork()
app.handle(hello, async ({ input, log }) => { log.info('greeting'); return shout('Hello ' + input.name) })
app.handle(fails, () => {
  throw new Error('no luck\\u001b[2J')
})
app.handle(slow, ({ signal }) => new Promise((_, lost) => signal.addEventListener('abort', () => lost(signal.reason))))
`
const shout = (mark: string) => `export const shout = (text: string): string => text + '${mark}'\n`

const project = (files: Readonly<Record<string, string>> = {}) => ({
  cwd: folder({ 'jobs.ts': jobs, 'shout.ts': shout('!'), ...files }),
})
async function dev(where: { cwd: string }, ...args: string[]) {
  const running = start(['dev', ...args], where)
  await running.line(/ready in/)
  return running
}
const enqueue = (where: { cwd: string }, ...args: string[]) => cli(['enqueue', ...args], where)

describe('lines', () => {
  test('each job is a line with its outcome; a failure names the line of the user’s code; Ctrl-C ends well', async () => {
    const where = project()
    const running = await dev(where)
    await enqueue(where, 'hello', '{"name":"Ada"}')
    expect(await running.line(/✔ hello/)).toMatch(
      /^\d\d:\d\d:\d\d {2}✔ hello +\w{8} +[\d.]+m?s {2}"Hello Ada!"$/,
    )
    await running.line(/^ +info greeting$/)
    await enqueue(where, 'fails')
    await running.line(/✖ fails .* dead after attempt 1 \(exhausted\)/)
    // On a line of its own, and with nothing that a terminal would obey.
    expect(await running.line(/no luck/)).toMatch(/^ +Error: no luck\\u\{1b\}\[2J {2}jobs\.ts:11$/)
    running.child.kill('SIGINT')
    const { code, err } = await running.ended
    expect([code, err]).toEqual([0, 'Stopping: running jobs may end; once more hurries them.\nStopped.\n'])
  })

  test('with --json every line is an event', async () => {
    const where = project()
    const running = start(['dev', '--json'], where)
    expect(JSON.parse(await running.line(/"ready"/))).toMatchObject({
      event: 'ready',
      tasks: ['hello', 'fails', 'slow'],
    })
    await enqueue(where, 'hello', '{"name":"Ada"}')
    const { items } = JSON.parse(await running.line(/"completed"/)) as { items: object[] }
    expect(items.at(-1)).toMatchObject({
      event: 'completed',
      task: 'hello',
      attempt: 1,
      output: 'Hello Ada!',
    })
    running.child.kill('SIGTERM')
    const { code, out } = await running.ended
    expect(code).toBe(0)
    for (const line of out.trimEnd().split('\n')) expect(JSON.parse(line)).toHaveProperty('event')
  })
})

test('schedules are listed with their next slot, and fire', async () => {
  const ticks = `
    import { legwork, task } from 'legwork'
    const tick = task('tick')
    export default legwork().handle(tick, () => 'tock').schedule('ticks', { every: '1s', task: tick })`
  const running = await dev({ cwd: folder({ 'jobs.mjs': ticks }) })
  await running.line(/^ {2}ticks {2}every 1s, next in \d+m?s$/)
  await running.line(/✔ tick .*"tock"/)
})

describe('reload', () => {
  test('a change of an imported file is running before the next job', async () => {
    const where = project()
    const running = await dev(where)
    writeFileSync(join(where.cwd, 'shout.ts'), shout('?!'))
    await running.line(/shout\.ts changed, reloaded/)
    await enqueue(where, 'hello', '{"name":"Ada"}')
    await running.line(/"Hello Ada\?!"/)
  })

  test('code that does not load is shown with its line while the code before it runs on', async () => {
    const where = project()
    const running = await dev(where)
    writeFileSync(join(where.cwd, 'shout.ts'), '\n\nexport const shout = (text: string => text\n')
    expect(await running.line(/LW1301/, 'err')).toMatch(/shout\.ts:3/)
    await running.line(/goes on running/, 'err')
    await enqueue(where, 'hello', '{"name":"Ada"}')
    await running.line(/"Hello Ada!"/)
    writeFileSync(join(where.cwd, 'shout.ts'), shout('.'))
    await running.line(/shout\.ts changed, reloaded/)
  })

  test('a file that never loaded is waited for, and so is one that is missing', async () => {
    const where = project({ 'shout.ts': 'export const shout = 1 1' })
    const running = start(['dev'], where)
    await running.line(/Waiting for a change/, 'err')
    rmSync(join(where.cwd, 'shout.ts'))
    await running.line(/Cannot find module|ENOENT|not found/i, 'err')
    writeFileSync(join(where.cwd, 'shout.ts'), shout('!'))
    await running.line(/ready in/)
  })

  test('a handler that ends the process is started again, and its job runs again as a loss', async () => {
    const where = project({ 'shout.ts': 'export const shout = (): string => process.exit(7)\n' })
    const running = await dev(where)
    await enqueue(where, 'hello', '{"name":"Ada"}')
    await running.line(/ended its process \(exit code 7\)/, 'err')
    writeFileSync(join(where.cwd, 'shout.ts'), shout('!'))
    await running.line(/✔ hello .*"Hello Ada!"/)
    const app = legwork(join(where.cwd, '.legwork/jobs.db'))
    onTestFinished(() => app.stop())
    const { jobs: found } = await (await app.store()).find({ task: 'hello' }, { limit: 1 })
    expect(found[0]).toMatchObject({ state: 'completed', failures: 0 })
    expect(found[0]?.losses).toBeGreaterThan(0)
  })

  test('a running job is given its grace, then aborted and given back', async () => {
    const where = project()
    const running = await dev(where, '--grace', '200ms')
    await enqueue(where, 'slow')
    await running.line(/▸ slow/)
    writeFileSync(join(where.cwd, 'shout.ts'), shout('?'))
    await running.line(/reloaded/)
    await running.line(/▸ slow .* running, attempt 2/)
  })
})

describe('it refuses', () => {
  test('a folder without a tasks file, saying what it looked for', async () => {
    const { code, err } = await cli(['dev'], { cwd: folder() })
    expect(code).toBe(1)
    expect(err).toMatch(/LW1301 .*jobs\.ts/)
    expect(err).toContain('legwork init')
  })

  test('a file that is not there, with the nearest name', async () => {
    const { code, err } = await cli(['dev', 'jbos.ts'], project())
    expect(code).toBe(1)
    expect(err).toContain('did you mean jobs.ts?')
  })

  test('a store that cannot be opened, at once', async () => {
    const where = project()
    writeFileSync(
      join(where.cwd, 'no.db'),
      'not a database, but long enough to be looked at by SQLite itself',
    )
    const { code, err } = await cli(['dev', '--url', 'no.db'], where)
    expect(code).toBe(6)
    expect(err).toMatch(/LW1003/)
  })
})

/** Runs a command on a pseudo-terminal of util-linux's `script`, and types. */
function terminal(args: readonly string[], { cwd }: { cwd: string }) {
  const line = [process.execPath, main, ...args].map((word) => `'${word}'`).join(' ')
  const { CI: _, NO_COLOR: _n, LEGWORK_URL: _u, ...env } = process.env
  const child = spawn('script', ['-qefc', line, '/dev/null'], {
    cwd,
    env: { ...env, TERM: 'xterm', FORCE_COLOR: '0' },
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  let text = ''
  const looking = new Set<() => void>()
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk
    for (const look of looking) look()
  })
  const ended = new Promise<number | null>((done) => child.once('close', done))
  let from = 0
  return {
    ended,
    type: (keys: string) => void child.stdin.write(keys),
    /** Waits for a text that was not yet waited for. */
    until: (pattern: RegExp) =>
      new Promise<void>((found, lost) => {
        const look = () => {
          const hit = pattern.exec(text.slice(from))
          if (!hit) return
          from += hit.index + hit[0].length
          looking.delete(look)
          found()
        }
        looking.add(look)
        look()
        void ended.then(() => lost(new Error(`ended before ${pattern}\n${text}`)))
        onTestFinished(() => lost(new Error(`never ${pattern}\n${text}`)))
      }),
  }
}

// The command `script` of other systems takes other options.
test.runIf(process.platform === 'linux')(
  'keys: enqueue from an example, again, dead letters, pause, quit',
  async () => {
    const where = project()
    await enqueue(where, 'fails')
    const tty = terminal(['dev'], where)
    await tty.until(/e enqueue .* q quit/)
    await tty.until(/✖ fails/)
    tty.type('e')
    await tty.until(/by number or name: /)
    tty.type('1\r')
    await tty.until(/as JSON: /)
    tty.type('{"name":"Zoe"}\r')
    await tty.until(/✔ hello .*"Hello Zoe!"/)
    tty.type('r')
    await tty.until(/✔ hello .*"Hello Zoe!"/)
    tty.type('e')
    await tty.until(/by number or name: /)
    tty.type('hello\r')
    // What was typed last is there to be changed.
    await tty.until(/as JSON: .*\{"name":"Zoe"\}/)
    tty.type('{oops\r')
    await tty.until(/LW1201 input: .* expected JSON/)
    tty.type('p')
    await tty.until(/Paused: default/)
    tty.type('r')
    tty.type('p')
    await tty.until(/Resumed: default/)
    await tty.until(/✔ hello/)
    tty.type('d')
    await tty.until(/1 {2}fails .*which\?/s)
    tty.type('a\r')
    await tty.until(/1 job brought back/)
    await tty.until(/✖ fails/)
    tty.type('q')
    await tty.until(/Stopped\./)
    expect(await tty.ended).toBe(0)
  },
)
