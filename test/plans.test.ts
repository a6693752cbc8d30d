// The plans of the SQLite store's statements: none reads all rows of a table that may hold millions, whatever ANALYZE has
// once written about it. Part of conformance level L3.
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { legwork, task, unchecked } from 'legwork'
import { type Database, openDatabase, sqlite } from 'legwork/sqlite'
import { describe, expect, onTestFinished, test } from 'vitest'
import { sql } from '../src/stores/sqlite/sql.generated.ts'
import { freshFolder } from './fixtures/houses.mjs'

const noop = task('cost.noop', { input: unchecked<number>() })
const silent = { debug() {}, info() {}, warn() {}, error() {} }

function freshFile(): string {
  const folder = freshFolder('legwork-cost-')
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return join(folder, 'jobs.db')
}

/** Tables that stay small, whatever is waiting; all others of ours may have millions of rows. */
const small = ['meta', 'queue', 'task', 'lane', 'worker', 'tally', 'weight', 'failure', 'sample']

/** Scans that end by themselves, each with its reason. */
const allowed: Readonly<Record<string, string>> = {
  // The newest hundred, by rowid.
  bulkList: 'SCAN legwork_bulk',
  // The first entry of the index is the answer.
  nextDue: 'SCAN legwork_ticket USING COVERING INDEX legwork_ticket_scheduled',
  // The oldest entries, by rowid.
  auditOldest: 'SCAN legwork_audit',
  forgetPeek: 'SCAN legwork_audit',
  // The index holds only jobs that run.
  changesRunning: 'SCAN t USING INDEX legwork_ticket_running',
}

/** Statements that would read all rows of a table that may be large, as `statement: what SQLite says`. */
function scans(db: Database): string[] {
  return Object.entries(sql).flatMap(([name, text]) => {
    if (/^(savepoint|rollback|release)/.test(text)) return []
    const tables = new Map<string, string>()
    for (const [, table = '', alias = ''] of text.matchAll(
      /\blegwork_(\w+)(?: indexed by \w+)?(?: as)?(?: (?!where|set|on|indexed|order|cross|left|values|limit)(\w+))?/g,
    )) {
      tables.set(`legwork_${table}`, table)
      if (alias) tables.set(alias, table)
    }
    const plan = db.prepare(`explain query plan ${text}`).all() as { readonly detail: string }[]
    return plan
      .map(({ detail }) => detail)
      .filter((detail) => {
        const [, what = ''] = /^SCAN (\S+)/.exec(detail) ?? []
        const table = /VIRTUAL TABLE/.test(detail) ? undefined : tables.get(what)
        return table !== undefined && !small.includes(table) && allowed[name] !== detail
      })
      .map((detail) => `${name}: ${detail}`)
  })
}

describe('no statement scans what may be large', () => {
  async function planned(jobs: number, spoil: (db: Database) => void): Promise<string[]> {
    const file = freshFile()
    const app = legwork({ store: file, log: silent })
    if (jobs > 0)
      await app.enqueueMany(
        noop,
        Array.from({ length: jobs }, (_, n) => n),
      )
    else await app.store()
    await app.stop()
    const db = await openDatabase(file)
    spoil(db)
    db.close()
    // Another process opens the store later, when it may hold a million jobs.
    const again = sqlite(file)
    await again.open()
    await again.close()
    const seen = await openDatabase(file)
    const found = scans(seen)
    seen.close()
    return found
  }

  test('without statistics', async () => {
    expect(await planned(10, () => {})).toEqual([])
  })

  test.each([1, 10, 1_000])('with statistics of a time when %i jobs were waiting', async (jobs) => {
    expect(await planned(jobs, (db) => db.exec('analyze'))).toEqual([])
  })

  test('the guard would see what stale statistics do to a store that keeps them', async () => {
    const file = freshFile()
    const app = legwork({ store: file, log: silent })
    await app.enqueue(noop, 1)
    await app.stop()
    const db = await openDatabase(file)
    db.exec('analyze; analyze sqlite_schema')
    expect(scans(db)).toContain('claimStart: SCAN legwork_ticket')
    db.close()
  })

  test('statistics of your own tables are left alone', async () => {
    const file = freshFile()
    const before = sqlite(file)
    await before.open()
    await before.close()
    const db = await openDatabase(file)
    db.exec('create table mine (a integer primary key, b text); create index mine_b on mine (b)')
    db.exec("insert into mine (b) values ('x'); analyze")
    db.close()
    const store = sqlite(file)
    await store.open()
    await store.close()
    const seen = await openDatabase(file)
    const rows = seen.prepare('select distinct tbl from sqlite_stat1').all() as { tbl: string }[]
    seen.close()
    expect(rows.map(({ tbl }) => tbl)).toEqual(['mine'])
  })
})
