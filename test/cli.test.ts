// The command line as users meet it: what it prints where, its exit codes, and what it does to the store.
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { cli, folder, json, start } from './cli-kit.ts'
import { type Items, ids, shop, url } from './cli-shop.ts'

describe('help and typing errors', () => {
  test('--help shows examples first and every command; so does no argument at all', async () => {
    const where = { cwd: folder() }
    const [asked, bare] = await Promise.all([cli(['--help'], where), cli([], where)])
    expect([asked.code, bare.code, asked.err, bare.err]).toEqual([0, 0, '', ''])
    expect(asked.out).toBe(bare.out)
    expect(asked.out.indexOf('Examples:')).toBeLessThan(asked.out.indexOf('Usage:'))
    for (const name of [
      'demo',
      'worker',
      'run',
      'enqueue',
      'jobs',
      'queues',
      'dead',
      'workers',
      'why',
      'doctor',
      'migrate',
      'explain',
    ]) {
      expect(asked.out).toMatch(new RegExp(`^  ${name} `, 'm'))
    }
    expect(asked.out).not.toContain('--member')
  })

  test('help of a verb has its own examples and the options of all commands', async () => {
    const { out, code } = await cli(['jobs', 'list', '--help'], { cwd: folder() })
    expect(code).toBe(0)
    expect(out).toMatch(/^list jobs[\s\S]*Examples:[\s\S]*\$ legwork jobs list[\s\S]*--state[\s\S]*--url/)
  })

  test.each([
    [['job', 'list'], 'Did you mean jobs?'],
    [['jobs', 'lst'], 'Did you mean list?'],
    [['jobs', 'list', '--sate', 'dead'], 'Did you mean --state?'],
    [['jobs', 'list', '--state', 'deed'], 'Did you mean dead?'],
    [['jobs', 'list', '--limit', '1e3'], 'Expected a whole number from 1 to 1000'],
    [['enqueue', 'x', '--delay', '5 minutes'], "'5m'"],
    [['worker', '--queues', 'emails'], 'emails=5'],
    [['why'], "missing required argument 'id'"],
    [['jobs'], 'Usage:'],
  ])('%j is refused with exit 2 and a hint', async (args, hint) => {
    const { code, out, err } = await cli(args, { cwd: folder() })
    expect([code, out]).toEqual([2, ''])
    expect(err).toContain(hint)
  })

  test('--version prints the version of the package', async () => {
    const { out, code } = await cli(['--version'], { cwd: folder() })
    expect([code, out]).toEqual([0, '0.1.0\n'])
  })
})

describe('explain', () => {
  test('prints why and what to do; takes the code in any form', async () => {
    const { code, out } = await cli(['explain', '1102'], { cwd: folder() })
    expect(code).toBe(0)
    expect(out).toMatch(/^LW1102 Payload invalid\n {2}Why: .+\n {2}Fix: .+\n$/)
    expect(await json(['explain', 'lw1102'], { cwd: folder() })).toMatchObject({
      code: 'LW1102',
      title: 'Payload invalid',
    })
  })

  test('lists every code, and names the nearest of an unknown one with exit 3', async () => {
    const all = await json<Items>(['explain'], { cwd: folder() })
    expect(all.items.length).toBeGreaterThan(40)
    const { code, out, err } = await cli(['explain', 'LW1112'], { cwd: folder() })
    expect([code, out]).toEqual([3, ''])
    expect(err).toMatch(/did you mean LW1\d\d\d\?/)
  })
})

describe('a store that is not there', () => {
  test('reading makes no file, names the place and exits 6', async () => {
    const cwd = folder()
    const commands = [
      ['jobs', 'list'],
      ['queues', 'list'],
      ['dead', 'list'],
      ['workers', 'list'],
      ['why', 'x'],
      ['jobs', 'cancel', 'x'],
    ]
    const answers = await Promise.all(commands.map(async (args) => ({ args, ...(await cli(args, { cwd })) })))
    for (const { args, code, out, err } of answers) {
      expect([args, code, out]).toEqual([args, 6, ''])
      expect(err).toMatch(/^LW1002 .*jobs\.db[\s\S]*Fix: /)
    }
    expect(readdirSync(cwd).sort()).toEqual(['node_modules', 'package.json'])
  })

  test('an error is coded, has a fix and no stack; --debug adds it; --json makes it a document', async () => {
    const cwd = folder({ 'jobs.db': 'this is no database, but it is long enough to look at'.repeat(40) })
    const args = ['jobs', 'list', '--url', 'jobs.db']
    const [plain, debug, machine] = await Promise.all([
      cli(args, { cwd }),
      cli([...args, '--debug'], { cwd }),
      cli([...args, '--json'], { cwd }),
    ])
    expect([plain.code, debug.code, machine.code]).toEqual([6, 6, 6])
    expect(plain.err).toMatch(/^LW1003 .*\n {2}Fix: .*\n {2}legwork explain LW1003\n$/)
    expect(debug.err).toMatch(/\n {4}at /)
    expect(JSON.parse(machine.err)).toMatchObject({ error: { code: 'LW1003', exitCode: 6 } })
  })

  test('memory: is refused where it would only be empty', async () => {
    const { code, err } = await cli(['jobs', 'list', '--url', 'memory:'], { cwd: folder() })
    expect(code).toBe(2)
    expect(err).toContain('LW1201')
  })

  test('migrate --dry-run shows the statements and makes nothing; migrate makes the store once', async () => {
    const cwd = folder()
    const forecast = await cli(['migrate', '--dry-run', '--url', 'new/jobs.db'], { cwd })
    expect([forecast.code, existsSync(join(cwd, 'new'))]).toEqual([0, false])
    expect(forecast.out).toContain('create table')
    const done = await cli(['migrate', '--url', 'new/jobs.db'], { cwd })
    expect([done.code, existsSync(join(cwd, 'new/jobs.db'))]).toEqual([0, true])
    const again = await json<{ steps: unknown[] }>(['migrate', '--url', 'new/jobs.db'], { cwd })
    expect(again.steps).toEqual([])
  })
})

describe('jobs', () => {
  test('enqueue prints ids; the same id is found, not doubled; --count makes many', async () => {
    const where = shop()
    const first = await cli(
      ['enqueue', 'hello', '{"name":"Ada"}', '--id', 'a', '--tag', 'x,y', '--priority', '2'],
      where,
    )
    expect([first.code, first.out]).toEqual([0, 'a\n'])
    const again = await cli(['enqueue', 'hello', '{"name":"Ada"}', '--id', 'a'], where)
    expect([again.code, again.out]).toEqual([0, 'a\n'])
    expect(again.err).toContain('there already')
    const many = await cli(['enqueue', 'hello', '--count', '1500', '-f', '-'], {
      ...where,
      stdin: '{"name":"Bob"}',
    })
    expect(new Set(ids(many)).size).toBe(1500)
    const { items } = await json<Items>(['jobs', 'list', '--tag', 'y'], where)
    expect(items).toMatchObject([
      { id: 'a', task: 'hello', state: 'ready', priority: 2, tags: ['x', 'y'], payload: { name: 'Ada' } },
    ])
  })

  test('lists page by page, each job once', async () => {
    const where = shop()
    const made = ids(await cli(['enqueue', 'hello', 'null', '--count', '7'], where))
    const seen: string[] = []
    let cursor: string | undefined
    do {
      const page = await json<Items>(
        ['jobs', 'list', '--limit', '3', ...(cursor ? ['--cursor', cursor] : [])],
        where,
      )
      seen.push(...page.items.map(({ id }) => id))
      cursor = page.cursor
    } while (cursor)
    expect([...seen].sort()).toEqual([...made].sort())
    expect(seen.length).toBe(7)
    const { out, err } = await cli(['jobs', 'list', '--limit', '3'], where)
    expect(out.trim().split('\n').length).toBe(4)
    expect(err).toContain('--cursor')
  })

  test('cancel, retry, promote and remove do it, foresee it, and say with the exit code what could not be', async () => {
    const where = shop()
    await cli(['enqueue', 'hello', 'null', '--id', 'later', '--delay', '1h'], where)
    expect(await json(['jobs', 'promote', 'later', '--dry-run'], where)).toMatchObject({
      dryRun: true,
      items: [{ outcome: 'done', state: 'scheduled' }],
    })
    expect((await cli(['jobs', 'promote', 'later'], where)).code).toBe(0)
    expect((await cli(['jobs', 'promote', 'later'], where)).code).toBe(4)
    expect((await cli(['jobs', 'cancel', 'later', 'none'], where)).code).toBe(3)
    const shown = await json(['jobs', 'show', 'later'], where)
    expect(shown).toMatchObject({ state: 'cancelled' })
    expect((await cli(['jobs', 'retry', 'later'], where)).code).toBe(0)
    const nobody = await cli(['jobs', 'remove', 'later'], where)
    expect([nobody.code, nobody.out]).toEqual([2, ''])
    expect(nobody.err).toContain('--yes')
    expect((await cli(['jobs', 'remove', 'later', '--dry-run'], where)).code).toBe(0)
    expect((await json(['jobs', 'show', 'later'], where))['state']).toBe('ready')
    expect((await cli(['jobs', 'remove', 'later', '--yes'], where)).code).toBe(0)
    const gone = await cli(['jobs', 'show', 'later'], where)
    expect([gone.code, gone.out]).toEqual([3, ''])
    expect(gone.err).toContain('LW2301')
  })

  test('a payload that is not JSON, or both kinds of it, or a date in the past is refused before anything is written', async () => {
    const where = shop()
    await cli(['migrate'], where)
    const wrong = [
      ['{name:1}'],
      ['{}', '-f', 'jobs.mjs'],
      ['-f', 'none.json'],
      ['{}', '--at', '2001-01-01'],
      ['{}', '--at', 'soon'],
      ['{}', '--count', '2', '--id', 'x'],
      ['{"a":"\\u0000"}'],
    ]
    const answers = await Promise.all(
      wrong.map(async (args) => ({ args, ...(await cli(['enqueue', 'hello', ...args], where)) })),
    )
    for (const { args, code, err } of answers) {
      expect([args, code]).toEqual([args, 2])
      expect(err).toMatch(/^LW1\d\d\d /)
    }
    expect((await json<Items>(['jobs', 'list'], where)).items).toEqual([])
    expect((await cli(['jobs', 'list'], where)).err).toBe('No jobs.\n')
  })
})

describe('queues, workers, why', () => {
  test('pause and resume a queue; why and the list name who and what for', async () => {
    const where = shop()
    await cli(['enqueue', 'hello', 'null', '--id', 'a', '--queue', 'mail'], where)
    expect(await json(['why', 'a'], where)).toMatchObject({ reason: { kind: 'no-worker', queue: 'mail' } })
    const paused = await cli(['queues', 'pause', 'mial', 'mail', '--reason', 'vendor outage'], where)
    expect(paused.code).toBe(0)
    expect(paused.err).toContain('did you mean mail?')
    const { out } = await cli(['why', 'a'], where)
    expect(out).toMatch(/paused by .*vendor outage\n {2}→ legwork queues resume mail/)
    const { items } = await json<Items>(['queues', 'list'], where)
    expect(items.find(({ queue }) => queue === 'mail')).toMatchObject({
      health: 'paused',
      states: { ready: 1 },
      paused: { reason: 'vendor outage' },
    })
    await cli(['queues', 'resume', 'mail'], where)
    expect((await cli(['queues', 'list'], where)).out).toMatch(/mail +no worker +1 /)
    expect((await cli(['why', 'nobody'], where)).code).toBe(3)
  })

  test('empty lists say so on standard error', async () => {
    const where = shop()
    await cli(['migrate'], where)
    const empty = [
      { args: ['dead', 'list'], text: 'No dead letters.' },
      { args: ['workers', 'list'], text: 'No workers.' },
      { args: ['queues', 'list'], text: 'No queues' },
    ]
    const check = async ({ args, text }: (typeof empty)[number]) => {
      const [plain, machine] = await Promise.all([cli(args, where), json<Items>(args, where)])
      expect([plain.code, plain.out, machine.items]).toEqual([0, '', []])
      expect(plain.err).toContain(text)
    }
    await Promise.all(empty.map(check))
  })
})

describe('streams', () => {
  test('colour only where it is wanted', async () => {
    const where = shop()
    await cli(['enqueue', 'hello', 'null'], where)
    const colour = /\u001b\[/
    const list = (env: Record<string, string>) => cli(['jobs', 'list'], { ...where, env: { ...url, ...env } })
    expect((await list({})).out).not.toMatch(colour)
    expect((await list({ FORCE_COLOR: '1' })).out).toMatch(colour)
    expect((await list({ FORCE_COLOR: '1', NO_COLOR: '1' })).out).not.toMatch(colour)
  })

  test('a reader that goes first is no error', async () => {
    const where = shop()
    await cli(['enqueue', 'hello', 'null', '--count', '900'], where)
    const list = start(['jobs', 'list', '--limit', '900'], where)
    list.child.stdout?.destroy()
    const { code, err } = await list.ended
    expect([code, err]).toEqual([0, ''])
  })
})

test('a process that closes its store with calls under way ends after them, not before', async () => {
  const text = `import { sqlite } from 'legwork/sqlite'
const store = sqlite('./jobs.db')
await store.open()
const calls = [1, 2, 3].map(() => store.get(['x']))
await store.close()
console.log('closed', (await Promise.all(calls)).length)`
  const cwd = folder({ 'close.mjs': text })
  expect(await start([], { cwd }, join(cwd, 'close.mjs')).ended).toEqual({
    code: 0,
    out: 'closed 3\n',
    err: '',
  })
})

describe('doctor', () => {
  test('reads the settings back and exits 0; --defaults prints every default', async () => {
    const where = shop()
    await cli(['migrate'], where)
    const told = await json<{ ok: boolean; findings: { about: string; value: string; verdict: string }[] }>(
      ['doctor'],
      where,
    )
    expect(told.ok).toBe(true)
    const of = (about: string) => told.findings.find((finding) => finding.about === about)?.value
    expect([of('durability'), of('synchronous'), of('journal_mode')]).toEqual(['power-safe', 'full', 'wal'])
    const { out, code } = await cli(['doctor', '--defaults'], where)
    expect(code).toBe(0)
    expect(out).toMatch(/leaseMs +15000\n/)
    expect(out).toMatch(/retain\.dead +for ever\n/)
    expect(out).toMatch(/payloadBytes +1048576\n/)
  })

  test('exits 1 and says why when there is no store, or it is none', async () => {
    const cwd = folder()
    mkdirSync(join(cwd, 'folder'))
    writeFileSync(join(cwd, 'text.db'), 'no database at all '.repeat(100))
    for (const [path, why] of [
      ['none.db', 'it is not there'],
      ['folder', 'LW1002'],
      ['text.db', 'LW1003'],
    ] as const) {
      const { code, out } = await cli(['doctor', '--url', path], { cwd })
      expect([path, code]).toEqual([path, 1])
      expect(out).toContain('✖ store')
      expect(out).toContain(why)
    }
    expect(existsSync(join(cwd, 'none.db'))).toBe(false)
  })
})
