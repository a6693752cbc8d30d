// The command line beside a worker: run, workers, dead letters, and text that would obey a terminal.
import { task } from 'legwork'
import { describe, expect, test } from 'vitest'
import { cli, folder, json, start } from './cli-kit.ts'
import { type Items, jobsFile, producer, shop, untilStarted, url, worker } from './cli-shop.ts'

describe('worker and run', () => {
  test('run prints the result, and the exit code says how the job ended', async () => {
    const where = shop()
    const live = await worker(where, '--concurrency', '3')
    const good = await cli(['run', 'hello', '{"name":"Ada"}'], where)
    expect([good.code, good.out]).toEqual([0, '"Hello Ada"\n'])
    expect(await json(['run', 'hello', '{"name":"Ada"}', '--app', 'jobs.mjs'], where)).toMatchObject({
      state: 'completed',
      output: 'Hello Ada',
    })
    const dead = await cli(['run', 'fails', '--app', 'jobs.mjs', '--json'], where)
    expect(dead.code).toBe(8)
    expect(JSON.parse(dead.out)).toMatchObject({ state: 'dead', reason: 'exhausted' })
    const late = await cli(['run', 'waits', '--timeout', '200ms'], where)
    expect(late.code).toBe(7)
    expect(late.err).toContain('legwork why')
    const { items } = await json<Items>(['workers', 'list'], where)
    expect(items).toMatchObject([
      { pid: live.child.pid, state: 'alive', concurrency: 3, queues: ['default'] },
    ])
  })

  test('with --app the schema is asked first, and an unknown task is named with its nearest', async () => {
    const where = shop()
    const invalid = await cli(['run', 'hello', '{"name":1}', '--app', 'jobs.mjs'], where)
    expect(invalid.code).toBe(2)
    expect(invalid.err).toMatch(/^LW1102 .*name: expected a text/)
    const unknown = await cli(['run', 'helo', '{}', '--app', 'jobs.mjs'], where)
    expect(unknown.code).toBe(3)
    expect(unknown.err).toMatch(/^LW1101 .*did you mean hello\?/)
  })

  test('Ctrl-C while waiting leaves the job to its worker and says so', async () => {
    const where = shop()
    await worker(where)
    const app = producer(where)
    const waiting = start(['run', 'waits', '--id', 'w'], where)
    await waiting.line(/^w enqueued/, 'err')
    await untilStarted(app, 'w')
    waiting.child.kill('SIGINT')
    const { code, err } = await waiting.ended
    expect(code).toBe(130)
    expect(err).toMatch(/Job w goes on[\s\S]*legwork jobs cancel w/)
    expect((await app.job('w').status()).state).toBe('running')
  })

  test('a job that nobody will start is explained while it is waited for', async () => {
    const { code, err } = await cli(['run', 'hello', '{}', '--timeout', '2500ms'], shop())
    expect(code).toBe(7)
    expect(err).toMatch(/still waits: no live worker serves queue default\n {2}→ start a worker/)
  })

  test('SIGTERM lets a running job end; a second one gives it back; exit 0 both times', async () => {
    const where = shop()
    const app = producer(where)
    await app.enqueue(task('waits'), undefined, { id: 'w' })
    const live = await worker(where, '--grace', '1m')
    await untilStarted(app, 'w')
    live.child.kill('SIGTERM')
    await app.cancel('w')
    expect((await live.ended).code).toBe(0)
    expect((await app.job('w').status()).state).toBe('cancelled')

    const next = await worker(where, '--grace', '1m')
    await app.retry('w')
    for await (const event of app.job('w').events())
      if (event.type === 'started' && event.attempt === 2) break
    next.child.kill('SIGTERM')
    const stopping = new Promise((done) =>
      next.child.stderr?.on('data', (chunk) => String(chunk).includes('Stopping') && done(undefined)),
    )
    await stopping
    next.child.kill('SIGTERM')
    expect((await next.ended).code).toBe(0)
    expect(await app.job('w').status()).toMatchObject({ state: 'ready', failures: 0, losses: 0 })
  })

  test.each([
    [
      'a default export',
      'a.mjs',
      `import { legwork, task } from 'legwork'\nexport default legwork().handle(task('t'), () => 't')`,
    ],
    [
      'a function',
      'b.mjs',
      `import { legwork, task } from 'legwork'\nexport default async () => legwork().handle(task('t'), () => 't')`,
    ],
    [
      'CommonJS',
      'c.cjs',
      `exports.app = import('legwork').then(({ legwork, task }) => legwork().handle(task('t'), () => 't'))\nmodule.exports = () => exports.app`,
    ],
    [
      'TypeScript',
      'd.ts',
      `import { type App, legwork, task } from 'legwork'\nenum Answer { T = 't' }\nexport const app: App = legwork().handle(task('t'), () => Answer.T as string)`,
    ],
    [
      'jobs.ts without a name',
      'jobs.ts',
      `import { legwork, task } from 'legwork'\nexport const app = legwork().handle(task('t'), (): string => 't')`,
    ],
  ])('a worker loads %s', async (_, file, text) => {
    const where = { cwd: folder({ [file]: text }), env: url }
    const live = start(['worker', ...(file === 'jobs.ts' ? [] : [file])], where)
    expect(await live.line(/ready/)).toMatch(
      new RegExp(`pid ${live.child.pid} · sqlite .*jobs\\.db.* · queues default · tasks t · concurrency 10`),
    )
    expect((await cli(['run', 't'], where)).out).toBe('"t"\n')
  })

  test.each([
    ['job.mjs', 'did you mean jobs.mjs?'],
    ['broken.mjs', 'SyntaxError'],
    ['throws.mjs', 'no way'],
    ['empty.mjs', 'exports no app (it exports nothing)'],
    ['starts.mjs', 'starts its app itself'],
  ])('%s is refused: %s', async (file, why) => {
    const starts = `import { legwork, task } from 'legwork'\nexport const app = legwork('memory:').handle(task('t'), () => 1)\nawait app.start()`
    const cwd = folder({
      'jobs.mjs': jobsFile,
      'broken.mjs': 'export {',
      'throws.mjs': `throw new Error('no way')`,
      'empty.mjs': '',
      'starts.mjs': starts,
    })
    const { code, err } = await cli(['worker', file], { cwd })
    expect(code).toBe(1)
    expect(err).toMatch(/^LW1301 /)
    expect(err).toContain(why)
    expect(err).not.toMatch(/\n {4}at /)
  })

  test('a queue that no task uses is refused with the nearest', async () => {
    const { code, err } = await cli(['worker', 'jobs.mjs', '--queues', 'defalt=3'], shop())
    expect(code).toBe(2)
    expect(err).toContain('did you mean default?')
  })
})

describe('dead letters', () => {
  test('are listed, shown and retried, all of them only after --yes', async () => {
    const where = shop()
    const app = producer(where)
    await worker(where)
    const dead = await Promise.all(
      ['a', 'b'].map((id) => app.enqueue(task('fails', { retry: { attempts: 1 } }), undefined, { id })),
    )
    const other = await app.enqueue(task('dies', { retry: { attempts: 1 } }), undefined, { id: 'c' })
    await Promise.allSettled([...dead, other].map((job) => job.result()))
    await app.pause('default', 'so that retried jobs stay')
    expect((await cli(['dead', 'list'], where)).out.trim().split('\n').length).toBe(4)
    const asked = await cli(['dead', 'retry', '--all', '--task', 'fails'], where)
    expect([asked.code, asked.out]).toEqual([2, ''])
    expect(await json(['dead', 'retry', '--all', '--task', 'fails', '--dry-run'], where)).toMatchObject({
      dryRun: true,
      items: [{}, {}],
    })
    expect((await cli(['dead', 'retry', '--all', '--task', 'fails', '--yes'], where)).code).toBe(0)
    const left = await json<Items>(['dead', 'list'], where)
    expect(left.items.map(({ id }) => id)).toEqual(['c'])
    expect((await cli(['dead', 'retry', 'c'], where)).code).toBe(0)
    expect((await cli(['dead', 'retry'], where)).code).toBe(2)
  })
})

describe('hostile text', () => {
  // Escape, C1 control sequence introducer, right-to-left override: what a terminal would obey.
  const wild = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/

  test('never reaches the terminal raw, and is whole in --json', async () => {
    const where = shop()
    await worker(where)
    const app = producer(where)
    const evil = 'x\u001b]0;owned\u0007\u009b31m\u202e\r\ny'
    const job = await app.enqueue(task('fails', { retry: { attempts: 1 } }), undefined, { id: 'évil 1' })
    await job.result().catch(() => {})
    await app.enqueue(task('later', { queue: 'other' }), evil as never, { id: 'p' })
    const said = await Promise.all([
      cli(['jobs', 'list'], where),
      cli(['jobs', 'show', 'évil 1', 'p'], where),
      cli(['dead', 'list'], where),
      cli(['why', 'évil 1'], where),
      cli(['run', 'fails', '--app', 'jobs.mjs'], where),
      cli(['run', 'fails', '--app', 'jobs.mjs', '--json'], where),
      cli(['jobs', 'show', '\u001b[2J'], where),
      cli(['jobs', 'cancel', '\u001b[2J'], where),
    ])
    for (const { out, err } of said) expect(out + err).not.toMatch(wild)
    expect(said[1]?.out).toContain('\\u{1b}[2J\\u{202e}')
    expect(said[1]?.out).toMatch(/WARN|warn/)
    expect((await json(['jobs', 'show', 'p'], where))['payload']).toBe(evil)
    expect((await cli(['jobs', 'show', 'p', '--json'], where)).out).not.toMatch(wild)
  })
})
