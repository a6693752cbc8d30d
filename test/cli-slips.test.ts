// Slips of the keys, and questions asked of the wrong file: what the command line says, and that it writes nothing.
import { readFileSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { legwork, task, unchecked } from 'legwork'
import { driver } from 'legwork/sqlite'
import { describe, expect, onTestFinished, test } from 'vitest'
import { cli, folder, json, start } from './cli-kit.ts'

const jobsFile = `
import { legwork, task } from 'legwork'
export default legwork('./jobs.db')
  .handle(task('mail.send', { queue: 'mail', retry: { attempts: 1 } }), ({ input }) => { if (input.bad) throw new Error('bad') })
  .handle(task('waits', { queue: 'mail' }), ({ signal }) =>
    new Promise((_, lost) => signal.addEventListener('abort', () => lost(signal.reason))))
`
const input = unchecked<{ bad?: boolean }>()
const send = task('mail.send', { queue: 'mail', retry: { attempts: 1 }, input })

/** A shop whose store holds one completed job, `ada`, and one dead letter, `bob`. */
async function shop() {
  const where = { cwd: folder({ 'jobs.mjs': jobsFile }), env: { LEGWORK_URL: './jobs.db' } }
  const app = legwork(join(where.cwd, 'jobs.db')).handle(send, ({ input }) => {
    if (input.bad) throw new Error('bad')
  })
  onTestFinished(() => app.stop())
  await app.start()
  await app.run(send, {}, { id: 'ada' })
  await app.run(send, { bad: true }, { id: 'bob' }).catch(() => undefined)
  return { where, app }
}

describe('a file that is no Legwork store', () => {
  test('is left as it is by every command that only reads or acts, and named with exit 6', async () => {
    const cwd = folder()
    const { DatabaseSync } = await driver()
    const db = new DatabaseSync(join(cwd, 'shop.db'))
    db.exec('create table customer (name text)')
    db.close()
    writeFileSync(join(cwd, 'empty.db'), '')
    const before = readFileSync(join(cwd, 'shop.db'))
    for (const args of [
      ['jobs', 'list'],
      ['jobs', 'cancel', 'x'],
      ['queues', 'pause', 'mail'],
      ['dead', 'retry', '--all', '--yes'],
      ['why', 'x'],
    ]) {
      const { code, out, err } = await cli([...args, '--url', 'shop.db'], { cwd })
      expect([args, code, out]).toEqual([args, 6, ''])
      expect(err).toMatch(/^LW1011 .*shop\.db .*is not a Legwork store[^\n]*[^.]\.\n/)
    }
    const seen = await cli(['doctor', '--url', 'shop.db'], { cwd })
    expect(seen.code).toBe(1)
    expect(seen.out).toMatch(/✖ schema +none: it holds nothing of Legwork/)
    expect(readFileSync(join(cwd, 'shop.db'))).toEqual(before)
    expect((await cli(['queues', 'list', '--url', 'empty.db'], { cwd })).code).toBe(6)
    expect(readFileSync(join(cwd, 'empty.db'))).toHaveLength(0)
  })

  test('doctor names the driver also where there is no store', async () => {
    const { out, code } = await cli(['doctor'], { cwd: folder() })
    expect(code).toBe(1)
    expect(out).toMatch(/✔ driver +\S+, SQLite 3\.\d+/)
    expect(out).toMatch(/✖ store .*it is not there/)
  })
})

describe('dead letters', () => {
  test('a job that is not dead is neither retried nor shown as one: exit 4', async () => {
    const { where } = await shop()
    const retried = await cli(['dead', 'retry', 'ada', 'none'], where)
    expect(retried.code).toBe(4)
    expect(retried.out).toMatch(
      /^ada {2}refused: it is completed, not dead; legwork jobs retry ada runs it again\nnone {2}not found\n/,
    )
    expect(await json(['jobs', 'show', 'ada'], where)).toMatchObject({ state: 'completed' })
    const shown = await cli(['dead', 'show', 'ada'], where)
    expect([shown.code, shown.out]).toEqual([4, ''])
    expect(shown.err).toMatch(/^LW2302 ada is completed, not dead\.\n {2}Fix: legwork jobs show ada\n/)
    expect((await cli(['dead', 'show', 'bob'], where)).code).toBe(0)
    expect((await cli(['dead', 'retry', 'bob'], where)).code).toBe(0)
  })

  test('a filter that the store has never heard is named with its nearest', async () => {
    const { where } = await shop()
    const none = await cli(['dead', 'retry', '--all', '--task', 'mail.sned', '--yes'], where)
    expect(none.err).toBe('No jobs match.\nNo job here is of a task mail.sned (did you mean mail.send?).\n')
    const list = await cli(['jobs', 'list', '--queue', 'mial'], where)
    expect(list.err).toBe('No jobs match.\n  No job was ever in a queue mial (did you mean mail?).\n')
    const machine = await cli(['jobs', 'list', '--task', 'mail.sned', '--json'], where)
    expect(JSON.parse(machine.out)).toEqual({ items: [] })
    expect(JSON.parse(machine.err)).toMatchObject({ warning: expect.stringContaining('mail.send') })
    // Known names that find nothing are no slip.
    expect((await cli(['jobs', 'list', '--task', 'mail.send', '--state', 'ready'], where)).err).toBe(
      'No jobs match.\n',
    )
  })

  test('ids and --all exclude each other, and the sentence says which was given', async () => {
    const where = { cwd: folder() }
    const [both, neither] = await Promise.all([
      cli(['dead', 'retry', 'x', '--all'], where),
      cli(['dead', 'retry'], where),
    ])
    expect([both.code, neither.code]).toEqual([2, 2])
    expect(both.err).toContain('takes ids or --all, and got both.')
    expect(neither.err).toContain('takes ids or --all, and got neither.')
  })
})

describe('producing', () => {
  test('without --app a task that is unknown, or at home in another queue, is doubted aloud', async () => {
    const { where } = await shop()
    const slip = await cli(['enqueue', 'mail.sned', '{}', '--queue', 'mail'], where)
    expect(slip.code).toBe(0)
    expect(slip.err).toBe(
      'No live worker of queue mail has a handler for mail.sned (did you mean mail.send?).\n1 job of mail.sned enqueued.\n',
    )
    const nowhere = await cli(['enqueue', 'mail.sent', '{}', '--queue', 'post'], where)
    expect(nowhere.err).toContain('no worker handles it (did you mean mail.send?)')
    const elsewhere = await cli(['enqueue', 'mail.send', '{}'], where)
    expect(elsewhere.err).toContain('Jobs of mail.send go to queue mail here, and this one goes to default')
    const right = await cli(['enqueue', 'mail.send', '{}', '--queue', 'mail'], where)
    expect(right.err).toBe('1 job of mail.send enqueued.\n')
    const machine = await cli(['enqueue', 'mail.send', '{}', '--json'], where)
    expect(JSON.parse(machine.err)).toMatchObject({ warning: expect.stringContaining('queue mail') })
  })

  test('what cannot be is refused by the name of its option, with what was typed', async () => {
    const where = { cwd: folder({ 'jobs.mjs': jobsFile }) }
    const cases = [
      [
        ['enqueue', 'mail.send', '--app', 'jobs.mjs', '--queue', 'x'],
        '--queue: got "x", expected no --queue',
      ],
      [['enqueue', 'a', '--at', 'soon'], 'LW1202 --at: got "soon", expected an instant'],
      [['enqueue', 'a', '--at', '2001-01-01'], 'LW1202 --at: got "2001-01-01", expected an instant from now'],
      [['enqueue', 'a', '--at', '2999-01-01', '--delay', '1s'], '--at: got 2999'],
      [['worker', 'jobs.mjs', '--lease', '1'], "--lease <time>' argument '1' is invalid"],
      [['jobs', 'list', '--cursor', 'garbage'], "'garbage' is invalid. Expected the cursor"],
      [['jobs', 'list', '--cursor', 'g4-zzzz'], "'g4-zzzz' is invalid. Expected the cursor"],
    ] as const
    const answers = await Promise.all(
      cases.map(async ([args, text]) => ({ text, ...(await cli(args, where)) })),
    )
    for (const { text, code, err } of answers) {
      expect(err).toContain(text)
      expect([text, code]).toEqual([text, 2])
    }
  })

  test('a usage error in --json has a code and a fix', async () => {
    const { err, code } = await cli(['jobs', 'lst', '--json'], { cwd: folder() })
    expect(code).toBe(2)
    expect(JSON.parse(err)).toMatchObject({ error: { code: 'LW1201', exitCode: 2, fix: expect.any(String) } })
  })
})

describe('help and explain', () => {
  test.each([
    [['help', 'worker'], 0, /Usage: legwork worker /],
    [['help', 'jobs', 'list'], 0, /Usage: legwork jobs list /],
    [['jobs', 'help', 'list'], 0, /Usage: legwork jobs list /],
    [['help'], 0, /Usage: legwork /],
    [['help', 'wroker'], 2, /Did you mean worker\?/],
  ] as const)('%j ends with %i', async (args, code, text) => {
    const ended = await cli(args, { cwd: folder() })
    expect(ended.code).toBe(code)
    expect(code === 0 ? ended.out : ended.err).toMatch(text)
  })

  test('a word is not taken for a code, and finds the codes about it', async () => {
    const { err, code } = await cli(['explain', 'dead'], { cwd: folder() })
    expect(code).toBe(3)
    expect(err).toMatch(/^"dead" is no error code; they look like LW1102\. About it: LW\d{4} \(.*dead/i)
  })
})

describe('the user’s own file', () => {
  const throws = `const a = 1\n\nfunction boom() {\n  throw new TypeError('no way.')\n}\nboom()\n`
  test.each([
    ['throws.mjs', throws, 4, 'TypeError: no way (at '],
    ['throws.ts', throws.replace('a =', 'a: number ='), 4, 'TypeError: no way (at '],
    ['broken.mjs', 'const a = 1\nconst b = = 2\n', 2, 'SyntaxError: Unexpected token'],
    ['broken.ts', 'const a: number = 1\nconst b = = 2\n', 2, 'Unexpected token'],
    [
      'twice.mjs',
      `import { legwork, task } from 'legwork'\nconst app = legwork().handle(task('t'), () => 1)\napp.handle(task('t'), () => 1)\n`,
      3,
      'LW1203',
    ],
    [
      'factory.mjs',
      `export default () => {\n  throw new Error('no way')\n}\n`,
      2,
      'its function threw Error: no way (at ',
    ],
  ])('%s: what it threw, where, and no advice about exports', async (file, text, line, said) => {
    const cwd = folder({ [file]: text })
    const { code, err } = await cli(['worker', file], { cwd })
    expect(code).toBe(1)
    expect(err).toMatch(/^LW1301 /)
    expect(err).toContain(said)
    expect(err).toContain(
      `${join(cwd, file)}:${line}).\n  Fix: Repair the code at ${join(cwd, file)}:${line}.`,
    )
    expect(err).not.toContain('export default')
    expect(err).not.toContain('..')
    expect((await cli(['worker', file, '--debug'], { cwd })).err).toMatch(/\ncaused by: /)
  })
})

test('a worker tells its events as data, from ready to stopped; show has the attempt that runs', async () => {
  const where = { cwd: folder({ 'jobs.mjs': jobsFile }) }
  const live = start(
    ['worker', 'jobs.mjs', '--url', 'jobs.db', '--queues', 'mail=3', '--grace', '0', '--json'],
    where,
  )
  const ready = JSON.parse(await live.line(/"ready"/))
  expect(ready).toMatchObject({ store: 'sqlite', at: expect.stringMatching(/jobs\.db$/), queues: ['mail'] })
  expect(ready).toMatchObject({ concurrency: 10, slots: { mail: 3 }, pid: live.child.pid })
  const app = legwork(join(where.cwd, 'jobs.db'))
  onTestFinished(() => app.stop())
  const job = await app.enqueue(task('waits', { queue: 'mail' }), undefined, { id: 'w' })
  for await (const event of job.events()) if (event.type === 'started') break
  const { out } = await cli(['jobs', 'show', 'w', '--url', 'jobs.db'], where)
  const host = `${hostname()}:${live.child.pid}`
  expect(out).toContain(`worker    ${host}\n`)
  expect(out.split('\n').find((line) => /^ +1 +20/.test(line))).toMatch(new RegExp(`running +${host}$`))
  live.child.kill('SIGTERM')
  const ended = await live.ended
  expect(ended.code).toBe(0)
  const events = ended.out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line).event)
  expect(events).toEqual(['ready', 'stopping', 'stopped'])
})
