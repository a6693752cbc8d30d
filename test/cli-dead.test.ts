// Dead letters on the command line: groups, filters, edits, redrives, and the slips of whoever types them.
import { join } from 'node:path'
import { legwork } from 'legwork'
import { expect, onTestFinished, test } from 'vitest'
import { cli, folder, json } from './cli-kit.ts'
import { bury } from './dead-kit.ts'

const url = { LEGWORK_URL: './jobs.db' }

/** A folder with a store of three dead letters and one of another error. */
async function morgue() {
  const where = { cwd: folder(), env: url }
  const app = legwork(join(where.cwd, 'jobs.db'))
  const store = await app.store()
  await bury(store, 3)
  await bury(store, 1, { name: 'other', fingerprint: 'abad1deaabad1dea', message: 'no such user' })
  await app.stop()
  return where
}

const slips: readonly (readonly [args: readonly string[], exit: number, says: RegExp])[] = [
  [['dead', 'redrive'], 2, /takes ids, a filter such as --task, --error or --fingerprint, or --all/],
  [['dead', 'purge'], 2, /takes ids, a filter/],
  [['dead', 'redrive', '--all', '--rate', 'fast'], 2, /rate: got "fast", expected a rate such as '50\/s'/],
  [
    ['dead', 'redrive', '--all', '--canary', '10', '--limit', '5'],
    2,
    /canary: got 10, expected at most the limit, 5/,
  ],
  [['dead', 'redrive', '--since', 'yesterday'], 2, /Expected an instant such as/],
  [['dead', 'redirve', '--all'], 2, /Did you mean redrive\?|unknown option/],
  [['dead', 'lst'], 2, /unknown command 'lst'\n\(Did you mean list\?\)/],
  [['dead', 'ignore', 'feedfeedfeedfee'], 3, /LW2313 .*did you mean feedfeedfeedfeed\?/],
  [['dead', 'resume', 'never'], 3, /LW2312 there is no bulk operation never/],
  [['dead', 'edit', 'dead-0'], 2, /one of: JSON on the command line, -f FILE, or --set/],
  [['dead', 'edit', 'never', '{}'], 3, /LW2301/],
  [['dead', 'purge', '--all'], 2, /--yes is missing: this would remove 4 dead letters for good/],
  [['dead', 'redrive', '--error', 'nothing like that'], 0, /No dead letters match; nothing was done\./],
]

test('slips of the keys are told as such, with an exit code, and nothing happens', async () => {
  const where = await morgue()
  const answers = await Promise.all(slips.map(([args]) => cli(args, where)))
  for (const [i, [args, exit, says]] of slips.entries()) {
    expect([args, answers[i]?.code]).toEqual([args, exit])
    expect(answers[i]?.err).toMatch(says)
  }
  expect((await json<{ items: object[] }>(['dead', 'redrives'], where)).items).toEqual([])
  expect((await json<{ items: object[] }>(['dead', 'list'], where)).items).toHaveLength(4)
})

test('groups are what dead shows: counts, a line of the last day, the error; ignored ones only with --all', async () => {
  const where = await morgue()
  const { out, err, code } = await cli(['dead'], where)
  expect(code).toBe(0)
  expect(out).toMatch(/^FINGERPRINT +TASK +QUEUE +DEAD +EVER +LAST +LAST 24 H +STATUS +ERROR\n/)
  expect(out).toMatch(/feedfeedfeedfeed +mail +default +3 +3 .*█ +open +Error: connect ETIMEDOUT\n/)
  expect(err).toMatch(
    /legwork dead show dead-2\n +legwork dead redrive --fingerprint feedfeedfeedfeed --dry-run/,
  )
  expect((await cli(['dead', 'ignore', 'feedfeedfeedfeed'], where)).out).toBe('feedfeedfeedfeed  ignored\n')
  const after = await cli(['dead', 'groups'], where)
  expect(after.out).not.toContain('feedfeedfeedfeed')
  expect(after.err).toContain('3 dead letters in ignored groups: --all shows them')
  const { items } = await json<{ items: { status: string; trend: number[] }[] }>(['dead', '--all'], where)
  expect(items.map(({ status }) => status)).toEqual(['ignored', 'open'])
  expect(items[0]?.trend).toHaveLength(24)
})

test('list asks for what the error says, page by page', async () => {
  const where = await morgue()
  const { items } = await json<{ items: { id: string }[] }>(['dead', 'list', '--error', 'no such'], where)
  expect(items.map(({ id }) => id)).toEqual(['other-0'])
  const page = await json<{ items: { id: string }[]; cursor: string }>(
    ['dead', 'list', '--fingerprint', 'feedfeedfeedfeed', '--limit', '2'],
    where,
  )
  expect(page.items.map(({ id }) => id)).toEqual(['dead-0', 'dead-1'])
  const rest = ['dead', 'list', '--fingerprint', 'feedfeedfeedfeed', '--cursor', page.cursor]
  expect((await json<{ items: { id: string }[] }>(rest, where)).items.map(({ id }) => id)).toEqual(['dead-2'])
})

test('a payload is edited by JSON, by field and not on a dry run; the one before is kept', async () => {
  const where = await morgue()
  const dry = await cli(['dead', 'edit', 'dead-0', '--set', 'to=grace', '--dry-run'], where)
  expect([dry.code, dry.out]).toEqual([0, '{"to":"grace"}\n'])
  const set = ['dead', 'edit', 'dead-0', '--set', 'to=grace', '--set', 'retry.count=3', '--reason', 'typo']
  expect(await json(set, where)).toEqual({ id: 'dead-0', payload: { to: 'grace', retry: { count: 3 } } })
  expect((await cli(['jobs', 'edit', 'dead-0', '{"to":"eve"}'], where)).out).toBe('{"to":"eve"}\n')
  const app = legwork(join(where.cwd, 'jobs.db'))
  onTestFinished(() => app.stop())
  const [job] = await (await app.store()).get(['dead-0'], { revisions: true })
  expect(job?.revisions).toMatchObject([
    { reason: 'typo', payload: '{"to":"ada"}' },
    { by: expect.stringContaining('(cli)') },
  ])
})

test('redrive, redrives, purge: counted, done, listed; nothing happens on a dry run', async () => {
  const where = await morgue()
  const dry = await cli(['dead', 'redrive', '--fingerprint', 'feedfeedfeedfeed', '--dry-run'], where)
  expect([dry.code, dry.out]).toEqual([0, 'dead-0\ndead-1\ndead-2\n'])
  expect(dry.err).toContain('3 dead letters would be brought back.')
  expect((await cli(['dead', 'redrives'], where)).err).toBe('No redrives and no purges.\n')
  const done = await cli(['dead', 'redrive', 'dead-0', 'dead-1', '--to', 'second'], where)
  expect([done.code, done.out]).toEqual([
    0,
    expect.stringMatching(/^✔ done {2}2 of 2 brought back in \d+m?s\n$/),
  ])
  const { items } = await json<{ items: object[] }>(['dead', 'redrives'], where)
  expect(items).toMatchObject([{ kind: 'redrive', state: 'done', done: 2, total: 2 }])
  const purged = await json(['dead', 'purge', '--error', 'no such user', '--yes'], where)
  expect(purged).toMatchObject({ kind: 'purge', state: 'done', done: 1 })
  const left = await json<{ items: { id: string }[] }>(['dead', 'list'], where)
  expect(left.items.map(({ id }) => id)).toEqual(['dead-2'])
})

const sealed = `
import { legwork, task } from 'legwork'
const mail = task('mail', { encrypt: ['to'] })
const keys = { active: 'k1', k1: Buffer.alloc(32, 7).toString('base64') }
export const app = legwork({ store: './jobs.db', keys }).handle(mail, ({ input }) => input.to)
`

test('an edit of what is encrypted takes the keys that the app declares, and without them says what is missing', async () => {
  const where = { cwd: folder({ 'jobs.mjs': sealed }), env: url }
  const made = ['enqueue', 'mail', '{"to":"ada@example.org","n":1}', '--id', 'a', '--delay', '1h']
  expect((await cli([...made, '--app', 'jobs.mjs'], where)).code).toBe(0)
  const change = ['jobs', 'edit', 'a', '--set', 'to=grace@example.org']
  const closed = await cli(change, where)
  expect([closed.code, closed.err.slice(0, 4)]).not.toEqual([0, ''])
  expect(closed.err).toMatch(/^LW(16|26)\d\d /)
  expect(await cli([...change, '--app', 'jobs.mjs'], where)).toMatchObject({ code: 0 })
  const app = legwork({
    store: join(where.cwd, 'jobs.db'),
    keys: { active: 'k1', k1: Buffer.alloc(32, 7).toString('base64') },
  })
  onTestFinished(() => app.stop())
  expect(await app.inputOf('a')).toEqual({ to: 'grace@example.org', n: 1 })
})
