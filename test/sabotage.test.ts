import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, test } from 'vitest'
import { check, type HistoryEvent } from '../checker/check.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const folders: string[] = []
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

/** A change to one built file; what it looks for must be there exactly once. */
interface Patch {
  readonly file: string
  readonly find: RegExp
  readonly put: string
}
interface Sabotage {
  readonly patches: readonly Patch[]
  /** Promises that must break. */
  readonly breaks: readonly string[]
  /** Rules of the history checker that must be violated in the short story. */
  readonly violates: readonly string[]
}

/** All of the store that runs in its thread is in this one file. */
const file = 'dist/stores/sqlite/thread.js'
const held = (find: RegExp, put: string): Patch => ({ file, find, put })
/** The same fence for jobs that are simply done, which are settled all at once. */
const done = (find: RegExp, put: string): Patch => ({ file, find, put })
const again = (put: string): Patch => ({ file, find: /and t\.call > \?2/, put })

const sabotages: Readonly<Record<string, Sabotage>> = {
  'the fence is not compared': {
    patches: [held(/ && found\.fence === fence/, ''), done(/ and t\.fence = s\.value ->> 1/, '')],
    breaks: ['fence.old-fence', 'settle.repeat-running'],
    violates: ['settled-twice', 'unsettled'],
  },
  'the holder is not compared': {
    patches: [
      held(/ && found\.holder_id === lease\.id/, ''),
      done(/t\.holder_id = \?2 and t\.fence = s\.value/, 't.fence = s.value'),
    ],
    breaks: ['fence.never-held'],
    violates: [],
  },
  'the lease is not looked at': {
    patches: [held(/lease\?\.held &&/, 'lease &&'), { file, find: /!lease\?\.held \|\|/, put: '!lease ||' }],
    breaks: ['fence.lapsed-unseen'],
    violates: [],
  },
  'a claim whose reply was lost is forgotten': {
    patches: [again('and t.call > ?2 and 0')],
    breaks: ['lost-reply.claim', 'lost-reply.exchange'],
    violates: ['unfinished'],
  },
  'what was received is not asked for': {
    patches: [
      again('and ?2 is not null'),
      {
        file,
        find: /and call > \?2(?=\\n\) as due)/,
        put: 'and ?2 is not null',
      },
    ],
    breaks: ['lost-reply.received'],
    violates: ['run-twice'],
  },
  'the reply goes out before the commit': {
    patches: [
      { file, find: /e\.db\.exec\(['"]commit['"]\);/, put: '' },
      {
        file,
        find: /e\.db\.exec\(begin\);/,
        put: "if (e.db.isTransaction) e.db.exec('commit'); e.db.exec(begin);",
      },
    ],
    breaks: ['life.handles', 'process.kill-enqueue'],
    violates: ['lost'],
  },
}

test('without sabotage every promise used here is kept, and the story has no violation', () => {
  const all = [...new Set(Object.values(sabotages).flatMap(({ breaks }) => breaks))]
  const { broken, events } = play([], all)
  expect(broken).toEqual([])
  expect(check(events)).toEqual([])
  expect(events.length).toBeGreaterThan(60)
})

describe('the suite and the checker find', () => {
  for (const [what, { patches, breaks, violates }] of Object.entries(sabotages)) {
    test(what, () => {
      const { broken, events } = play(patches, breaks)
      expect([...broken].sort()).toEqual([...breaks].sort())
      const rules = check(events).map(({ rule }) => rule)
      for (const rule of violates) expect(rules).toContain(rule)
    })
  }
})

/** Plays promises and the story in a copy of the built package, changed by the patches. */
function play(
  patches: readonly Patch[],
  ids: readonly string[],
): { broken: string[]; events: HistoryEvent[] } {
  const folder = mkdtempSync(join(tmpdir(), 'legwork-sabotage-'))
  folders.push(folder)
  for (const name of ['dist', 'package.json', 'test/fixtures'])
    cpSync(join(root, name), join(folder, name), { recursive: true })
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  for (const { file, find, put } of patches) {
    const path = join(folder, file)
    const text = readFileSync(path, 'utf8')
    const hits = text.match(new RegExp(find, 'g'))?.length ?? 0
    if (hits !== 1)
      throw new Error(`${find} is ${hits} times in ${file}: the sabotage must be brought up to date`)
    writeFileSync(path, text.replace(find, put))
  }
  const run = spawnSync(process.execPath, [join(folder, 'test/fixtures/sabotage-run.mjs'), ...ids], {
    encoding: 'utf8',
    timeout: 120_000,
  })
  const last = run.stdout.trim().split('\n').at(-1) ?? ''
  if (run.status !== 0) throw new Error(`the run ended with ${run.status ?? run.signal}: ${run.stderr}`)
  return JSON.parse(last) as { broken: string[]; events: HistoryEvent[] }
}
